//! Time and chance from JavaScript, alike in windows, workers and Node.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::driver::Clock;

/// `performance.now`, `setTimeout` and getrandom.
#[derive(Clone)]
pub struct WebClock {
    performance: JsValue,
    now: Function,
    set_timeout: Function,
    clear_timeout: Function,
}

/// The platform has no `performance` or no timers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoClock;

impl WebClock {
    /// Finds the functions on the global object.
    pub fn detect() -> Result<Self, NoClock> {
        let global = js_sys::global();
        let function = |object: &JsValue, name: &str| {
            let found = Reflect::get(object, &JsValue::from_str(name)).map_err(|_| NoClock)?;
            found.dyn_into::<Function>().map_err(|_| NoClock)
        };
        let performance = Reflect::get(&global, &JsValue::from_str("performance")).map_err(|_| NoClock)?;
        Ok(Self {
            now: function(&performance, "now")?,
            performance,
            set_timeout: function(&global, "setTimeout")?,
            clear_timeout: function(&global, "clearTimeout")?,
        })
    }
}

/// Ends the timer when it goes out of scope, which does nothing to one that has run out.
struct Timer<'a> {
    clear_timeout: &'a Function,
    handle: JsValue,
}

impl Drop for Timer<'_> {
    fn drop(&mut self) {
        // clearTimeout throws for no argument.
        let _ = self.clear_timeout.call1(&JsValue::UNDEFINED, &self.handle);
    }
}

impl Clock for WebClock {
    fn now_ms(&self) -> u64 {
        let now = self.now.call0(&self.performance).ok().and_then(|value| value.as_f64());
        now.unwrap_or_default() as u64
    }

    async fn sleep(&self, ms: u64) {
        let mut handle = JsValue::UNDEFINED;
        let promise = Promise::new(&mut |resolve, _| {
            let delay = JsValue::from_f64(ms as f64);
            if let Ok(timer) = self.set_timeout.call2(&JsValue::UNDEFINED, &resolve, &delay) {
                handle = timer;
            }
        });
        let _timer = Timer { clear_timeout: &self.clear_timeout, handle };
        // A timer's promise is never rejected.
        let _ = JsFuture::from(promise).await;
    }

    fn random(&self) -> u32 {
        // Without entropy retries are not spread, which is no reason to fail.
        getrandom::u32().unwrap_or_default()
    }
}
