//! From a request to the one answer: route, credentials, rate, handler, then what every answer carries and one log line.

use std::net::Ipv6Addr;

use claimcheck_protocol::problem::ProblemCode;
use worker::{Context, Env, Request, Response};

use super::{Access, ROUTES, Route};
use crate::auth::{Caller, TicketHolder};
use crate::clock;
use crate::config::Config;
use crate::context::Ctx;
use crate::error::{ApiError, Outcome, Refusal};
use crate::trace::CallNames;
use crate::{cors, extract, log, metrics, outbox, respond};

const NO_ROUTE: &str = "none";
const UNKNOWN_ADDRESS: &str = "unknown";
/// Counts the calls of nobody known, by address.
const RATE_ANON: &str = "RATE_ANON";

/// What a call came to.
struct Answer {
    result: Result<Response, ApiError>,
    route: &'static str,
    ctx: Option<Ctx>,
}

/// Answers one request.
pub async fn answer(request: Request, env: Env, context: &Context) -> Response {
    let start = clock::runtime_millis();
    let page = cors::origin(&request);
    let cors_config = Config::load(&env).ok();
    let method = request.inner().method();
    let names = match CallNames::make(extract::header(&request, "traceparent").as_deref()) {
        Ok(names) => names,
        Err(error) => return error.into_response("").unwrap_or_else(|_| bare_failure()),
    };
    let answer = run(request, env.clone(), &names).await;
    if answer.ctx.as_ref().is_some_and(|ctx| ctx.has_calls.get()) {
        context.wait_until(outbox::run_after_answer(env.clone(), names.clone()));
    }
    let outcome = Outcome::of(&answer.result);
    let response = answer
        .result
        .or_else(|error| error.into_response(&names.request_id))
        .and_then(|mut response| {
            let headers = response.headers_mut();
            respond::set_common(headers, &names.request_id, answer.ctx.as_ref().map(|ctx| ctx.now))?;
            if let Some(config) = &cors_config {
                cors::set(headers, config, page.as_deref())?;
            }
            let (statements, waited) = answer.ctx.as_ref().map_or((0, 0.0), |ctx| ctx.store.usage());
            respond::set_timing(headers, clock::runtime_millis() - start, statements, waited)?;
            Ok(response)
        })
        .unwrap_or_else(|_| bare_failure());
    let ms = clock::runtime_millis() - start;
    let line = log::CallLine {
        level: log::level(&outcome),
        request_id: &names.request_id,
        trace_id: &names.trace_id,
        span_id: &names.span_id,
        parent_id: names.parent_id.as_deref(),
        transfer_id: answer.ctx.as_ref().and_then(|ctx| ctx.transfer.get()),
        route: answer.route,
        method: known_method(&method),
        status: response.status_code(),
        ms,
        le: metrics::bucket(ms),
        db_statements: answer.ctx.as_ref().map_or(0, |ctx| ctx.store.usage().0),
        outcome: outcome.code,
        fault: outcome.fault,
        cause: outcome.cause,
    };
    log::write(&line);
    metrics::count(&env, &line);
    response
}

async fn run(request: Request, env: Env, names: &CallNames) -> Answer {
    let path = request.path();
    let found = ROUTES.iter().find_map(|route| Some((route, route.path.matches(&path)?)));
    let Some((route, params)) = found else {
        return Answer { result: Err(ProblemCode::NotFound.into()), route: NO_ROUTE, ctx: None };
    };
    let method = request.inner().method();
    if method == "OPTIONS" {
        return Answer { result: preflight(route), route: route.name(), ctx: None };
    }
    if !route.allows(&method) {
        let refusal = Refusal::new(ProblemCode::MethodNotAllowed).header("allow", route.allow());
        return Answer { result: Err(refusal.into()), route: route.name(), ctx: None };
    }
    let ctx = Ctx::make(&request, env, names.clone()).await;
    if let Access::Probe(handler) = route.access {
        let result = handler(ctx.as_ref()).await;
        return Answer { result, route: route.name(), ctx: ctx.ok() };
    }
    match ctx {
        Ok(mut ctx) => {
            ctx.path_params = params;
            let result = call(route, request, &ctx).await;
            Answer { result, route: route.name(), ctx: Some(ctx) }
        }
        Err(error) => Answer { result: Err(error), route: route.name(), ctx: None },
    }
}

async fn call(route: &Route, request: Request, ctx: &Ctx) -> Result<Response, ApiError> {
    match route.access {
        Access::Public(handler) => {
            ctx.limit_rate(route.rate.unwrap_or(RATE_ANON), &address(ctx)).await?;
            handler(request, ctx).await
        }
        // Answered before this.
        Access::Probe(handler) => handler(Ok(ctx)).await,
        Access::Token(handler) => {
            let caller = known(ctx, Caller::authenticate(&request, ctx, route).await).await?;
            limit(route, ctx, &caller.id().to_string()).await?;
            handler(request, ctx, caller).await
        }
        Access::Ticket(handler) => {
            let holder = known(ctx, TicketHolder::authenticate(&request, ctx, route.replay).await).await?;
            limit(route, ctx, &holder.claim_id.to_string()).await?;
            handler(request, ctx, holder).await
        }
    }
}

/// Counts a call whose credentials are refused as one of nobody known.
async fn known<T>(ctx: &Ctx, authenticated: Result<T, ApiError>) -> Result<T, ApiError> {
    if matches!(authenticated, Err(ApiError::Refused(_))) {
        ctx.limit_rate(RATE_ANON, &address(ctx)).await?;
    }
    authenticated
}

async fn limit(route: &Route, ctx: &Ctx, key: &str) -> Result<(), ApiError> {
    match route.rate {
        Some(binding) => ctx.limit_rate(binding, key).await,
        None => Ok(()),
    }
}

/// The caller's address; of IPv6 the network of 64 bits, within which one caller has all addresses.
fn address(ctx: &Ctx) -> String {
    let text = ctx.origin.ip.as_deref().unwrap_or(UNKNOWN_ADDRESS);
    match text.parse::<Ipv6Addr>() {
        Ok(address) => (address.to_bits() >> 64).to_string(),
        Err(_) => text.to_owned(),
    }
}

fn preflight(route: &Route) -> Result<Response, ApiError> {
    let mut response = Response::empty()?.with_status(204);
    let headers = response.headers_mut();
    headers.set("allow", &route.allow())?;
    cors::set_preflight(headers, &route.allow())?;
    Ok(response)
}

/// Keeps what a caller invents out of the log.
fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("other")
}

/// When not even a problem document can be made.
fn bare_failure() -> Response {
    worker::ResponseBuilder::new().with_status(500).empty()
}
