//! The route table as an OpenAPI document (version 3.1): every path and method, its credentials, and how it refuses.
//!
//! It is made of the table itself, so the two cannot drift apart. Bodies are described in docs/PROTOCOL.md.

use claimcheck_protocol::problem::ProblemCode;

use super::{Access, Path, Route};

/// All but the paths, the server's origin and the problem codes, which stand for `@…@`.
const FRAME: &str = r##"{
"openapi":"3.1.0",
"info":{"title":"Claimcheck","version":"1","description":"What is under /api/ answers under /.netlify/functions/ too. HEAD goes wherever GET goes, unless GET changes something. docs/PROTOCOL.md describes the bodies."},
"servers":[{"url":"@origin@"}],
"components":{
"securitySchemes":{
"token":{"type":"http","scheme":"DPoP","description":"An access token (RFC 9068) from POST /token."},
"ticket":{"type":"http","scheme":"DPoP","description":"The ticket of a claim."},
"proof":{"type":"apiKey","in":"header","name":"DPoP","description":"A proof of this call (RFC 9449)."}},
"responses":{"problem":{"description":"A refusal (RFC 9457).","content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/problem"}}}}},
"schemas":{"problem":{"type":"object","required":["type","title","status","code","request_id"],"properties":{
"type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},"code":{"enum":[@codes@]},
"detail":{"type":"string"},"request_id":{"type":"string"},
"money_moved":{"type":"boolean"},"retry_safe":{"type":"boolean"}}}}},
"paths":{@paths@}
}"##;
const ANSWERS: &str =
    r##""responses":{"200":{"description":"Granted."},"default":{"$ref":"#/components/responses/problem"}}"##;

/// The document; `origin` is where the API answers.
pub fn document(routes: &[Route], origin: &str) -> String {
    let paths: Vec<_> = routes.iter().map(path_item).collect();
    let codes: Vec<_> = ProblemCode::ALL.iter().map(|code| format!("\"{}\"", code.as_str())).collect();
    FRAME
        .replace("@origin@", origin)
        .replace("@codes@", &codes.join(","))
        .replace("@paths@", &paths.join(",\n"))
}

fn path_item(route: &Route) -> String {
    let (path, names) = path_of(route.path);
    let names = names.iter().map(|name| {
        format!(r#"{{"name":"{name}","in":"path","required":true,"schema":{{"type":"string"}}}}"#)
    });
    let parameters = names.collect::<Vec<_>>().join(",");
    let security = match route.access {
        Access::Public(_) | Access::Probe(_) => "",
        Access::Token(_) => r#"{"token":[],"proof":[]}"#,
        Access::Ticket(_) => r#"{"ticket":[],"proof":[]}"#,
    };
    let operations = route.methods.iter().map(|method| {
        let (verb, name) = (method.to_lowercase(), route.name());
        format!(r#""{verb}":{{"operationId":"{method} {name}","security":[{security}],{ANSWERS}}}"#)
    });
    let operations = operations.collect::<Vec<_>>().join(",");
    format!(r#""{path}":{{"parameters":[{parameters}],{operations}}}"#)
}

/// A path as OpenAPI writes it, and the names in it.
fn path_of(path: Path) -> (String, Vec<&'static str>) {
    match path {
        Path::Api(name) => (format!("/api/{name}"), Vec::new()),
        Path::At(pattern) => {
            let names: Vec<_> = pattern.split('/').filter_map(|part| part.strip_prefix(':')).collect();
            let replace =
                |path: String, name: &&str| path.replace(&format!(":{name}"), &format!("{{{name}}}"));
            (names.iter().fold(pattern.to_owned(), replace), names)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::router::ROUTES;

    #[test]
    fn every_route_is_there_with_its_methods_and_credentials() {
        let document: Value = serde_json::from_str(&document(ROUTES, "https://files.example")).unwrap();
        let paths = document["paths"].as_object().unwrap();
        assert_eq!(paths.len(), ROUTES.len());
        for route in ROUTES {
            let item = paths[&path_of(route.path).0].as_object().unwrap();
            assert_eq!(item.len(), route.methods.len() + 1, "{}", route.name());
            for method in route.methods {
                let security = item[&method.to_lowercase()]["security"].as_array().unwrap();
                let schemes = security.iter().flat_map(|one| one.as_object().unwrap().keys());
                let meant: &[&str] = match route.access {
                    Access::Public(_) | Access::Probe(_) => &[],
                    Access::Token(_) => &["proof", "token"],
                    Access::Ticket(_) => &["proof", "ticket"],
                };
                assert_eq!(schemes.collect::<Vec<_>>(), meant, "{}", route.name());
            }
        }
        assert_eq!(document["servers"][0]["url"], "https://files.example");
        assert_eq!(paths["/api/products/{id}/files"]["parameters"][0]["name"], "id");
        let codes = document["components"]["schemas"]["problem"]["properties"]["code"]["enum"].as_array();
        assert_eq!(codes.unwrap().len(), ProblemCode::ALL.len());
    }
}
