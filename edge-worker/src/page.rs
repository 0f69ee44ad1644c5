//! Pages of a list: a row more than asked for tells that there is another page.

/// Cuts `rows`, which hold up to `limit + 1`, down to a page. Where the next page begins, if there is one.
pub fn cut<T, C>(rows: &mut Vec<T>, limit: u32, cursor: impl Fn(&T) -> C) -> Option<C> {
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    rows.last().filter(|_| more).map(cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_page_begins_after_the_last_row_shown() {
        for (rows, shown, next) in [(0, 0, None), (2, 2, None), (3, 3, None), (4, 3, Some(2))] {
            let mut page: Vec<u32> = (0..rows).collect();
            assert_eq!(cut(&mut page, 3, |row| *row), next);
            assert_eq!(page.len(), shown);
        }
    }
}
