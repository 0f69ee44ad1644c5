//! Every part of a packet's JSON altered, one at a time: the verifier finds each, whatever it is told of the server's key.

use claimcheck_protocol::packet::{Finding, Pins, verify};
use serde_json::Value;

use super::world::World;

/// What is done to one part.
#[derive(Debug, Clone)]
enum Edit {
    /// A leaf becomes another.
    Replace(Value),
    /// A member or element goes.
    Remove(usize),
    /// It stands twice.
    Duplicate(usize),
    /// It changes places with the next.
    Swap(usize),
}

/// Every edit of every part, with the path to it.
fn edits(value: &Value, path: &mut Vec<usize>, found: &mut Vec<(Vec<usize>, Edit)>) {
    let children: Vec<&Value> = match value {
        Value::Object(members) => members.values().collect(),
        Value::Array(elements) => elements.iter().collect(),
        leaf => {
            found.extend(others(leaf).into_iter().map(|other| (path.clone(), Edit::Replace(other))));
            return;
        }
    };
    for (index, child) in children.iter().enumerate() {
        found.push((path.clone(), Edit::Remove(index)));
        found.push((path.clone(), Edit::Duplicate(index)));
        let is_new_order = value.is_object() || children.get(index + 1).is_some_and(|next| next != child);
        if index + 1 < children.len() && is_new_order {
            found.push((path.clone(), Edit::Swap(index)));
        }
        path.push(index);
        edits(child, path, found);
        path.pop();
    }
}

/// Other leaves in the place of one.
fn others(leaf: &Value) -> Vec<Value> {
    let number = |number: i64| Value::from(number);
    match leaf {
        Value::String(text) => {
            let flipped = |at: usize| {
                let mut letters: Vec<char> = text.chars().collect();
                if let Some(letter) = letters.get_mut(at) {
                    *letter = if *letter == 'a' { 'b' } else { 'a' };
                }
                Value::from(letters.into_iter().collect::<String>())
            };
            let last = text.chars().count().saturating_sub(1);
            vec![flipped(0), flipped(last / 2), flipped(last), Value::from(format!("{text} ")), Value::Null]
        }
        Value::Number(old) => {
            let old = old.as_i64().unwrap();
            vec![number(old + 1), number(old - 1), number(-1), Value::from(old.to_string()), Value::Null]
        }
        Value::Bool(old) => vec![Value::Bool(!old), Value::Null, number(0)],
        _ => vec![Value::from(""), number(0), Value::Bool(false), Value::Array(vec![])],
    }
}

/// The JSON with one edit, apart from it in the canonical form.
fn render(value: &Value, path: &[usize], edit: Option<&Edit>) -> String {
    let here = edit.filter(|_| path.is_empty());
    if let Some(Edit::Replace(other)) = here {
        return other.to_string();
    }
    let child = |index: usize, child: &Value| match path.split_first() {
        Some((next, rest)) if *next == index => render(child, rest, edit),
        _ => render(child, &[], None),
    };
    let (mut parts, open, close): (Vec<String>, _, _) = match value {
        Value::Object(members) => {
            let members = members.iter().enumerate();
            let text = members
                .map(|(at, (name, value))| format!("{}:{}", Value::from(name.as_str()), child(at, value)));
            (text.collect(), '{', '}')
        }
        Value::Array(elements) => {
            (elements.iter().enumerate().map(|(at, element)| child(at, element)).collect(), '[', ']')
        }
        leaf => return leaf.to_string(),
    };
    match here {
        Some(Edit::Remove(index)) => drop(parts.remove(*index)),
        Some(Edit::Duplicate(index)) => parts.insert(*index, parts[*index].clone()),
        Some(Edit::Swap(index)) => parts.swap(*index, index + 1),
        _ => {}
    }
    format!("{open}{}{close}", parts.join(","))
}

#[test]
fn every_altered_part_is_found() {
    let world = World::new();
    let text = world.text(world.packet());
    let packet: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(render(&packet, &[], None).as_bytes(), text, "unedited, it is the packet to the byte");
    let mut all = Vec::new();
    edits(&packet, &mut Vec::new(), &mut all);
    assert!(all.len() > 1_000, "{}", all.len());
    for (path, edit) in all {
        let altered = render(&packet, &path, Some(&edit));
        if altered.as_bytes() == text {
            continue;
        }
        for pins in [world.pins(), Pins::default()] {
            let lines = verify(altered.as_bytes(), &pins);
            assert!(!Finding::none_false(&lines), "{path:?} {edit:?}");
        }
    }
}
