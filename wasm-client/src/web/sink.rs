//! A `FileSink` of the npm package as a sink of the engine.

use std::cell::{Cell, RefCell};

use claimcheck_protocol::bytes::{Bytes, Bytes32};
use js_sys::{Array, Function, Reflect, Uint8Array};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};

use super::source::{code_of, settle};
use crate::driver::Sink;
use crate::engine::SinkError;
use crate::sale::{IncomingFile, ReceivingSink};

/// A JavaScript object with `open`, `write`, `finishFile`, `finish` and `abort`.
pub struct JsSink {
    object: JsValue,
    /// Of the files, for messages to their owner.
    paths: RefCell<Vec<String>>,
    /// What the seller says, by file.
    expected: RefCell<Vec<Option<Bytes32>>>,
    /// What was computed here, by file.
    computed: RefCell<Vec<Option<Bytes32>>>,
    mismatch: Cell<Option<usize>>,
}

/// A file as the sink is told of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileFacts<'a> {
    path: &'a str,
    content_type: &'a str,
    size: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<u32>,
}

impl JsSink {
    /// Wraps the object; a method that it lacks fails when it is needed.
    pub fn new(object: JsValue) -> Self {
        Self {
            object,
            paths: RefCell::default(),
            expected: RefCell::default(),
            computed: RefCell::default(),
            mismatch: Cell::new(None),
        }
    }

    /// The paths of the files, once they are known.
    pub fn paths(&self) -> Vec<String> {
        self.paths.borrow().clone()
    }

    async fn call(&self, name: &str, arguments: &Array) -> Result<JsValue, SinkError> {
        let method = Reflect::get(&self.object, &JsValue::from_str(name)).map_err(|_| SinkError::Failed)?;
        let method: Function = method.dyn_into().map_err(|_| SinkError::Failed)?;
        settle(method.apply(&self.object, arguments)).await.map_err(|error| {
            match code_of(&error).as_deref() {
                Some("sink_full") => SinkError::Full,
                Some("sink_closed") => SinkError::Closed,
                _ => SinkError::Failed,
            }
        })
    }
}

fn index(file: usize) -> JsValue {
    JsValue::from_f64(file as f64)
}

impl Sink for JsSink {
    type Buf = Uint8Array;

    async fn write(&self, file: usize, offset: u64, bytes: Uint8Array) -> Result<(), SinkError> {
        let arguments = Array::of3(&index(file), &JsValue::from_f64(offset as f64), &bytes);
        self.call("write", &arguments).await.map(|_| ())
    }

    async fn finish_file(&self, file: usize) -> Result<(), SinkError> {
        let answer = self.call("finishFile", &Array::of1(&index(file))).await?;
        let Ok(hash) = answer.dyn_into::<Uint8Array>() else {
            return Ok(());
        };
        let computed = Bytes::try_from(hash.to_vec().as_slice()).map_err(|_| SinkError::Failed)?;
        let expected = self.expected.borrow().get(file).copied().flatten();
        if expected.is_some_and(|expected| expected != computed) {
            self.mismatch.set(Some(file));
            return Err(SinkError::Failed);
        }
        if let Some(slot) = self.computed.borrow_mut().get_mut(file) {
            *slot = Some(computed);
        }
        Ok(())
    }

    async fn finish(&self) -> Result<(), SinkError> {
        self.call("finish", &Array::new()).await.map(|_| ())
    }

    async fn abort(&self) {
        // The transfer has failed already; that its remains could not be removed changes nothing.
        let _ = self.call("abort", &Array::new()).await;
    }
}

impl ReceivingSink for JsSink {
    async fn open(&self, files: &[IncomingFile]) -> Result<(), SinkError> {
        self.paths.replace(files.iter().map(|file| file.path.clone()).collect());
        self.expected.replace(files.iter().map(|file| file.sha256).collect());
        self.computed.replace(vec![None; files.len()]);
        let facts: Vec<_> = files
            .iter()
            .map(|file| FileFacts {
                path: &file.path,
                content_type: file.content_type.as_str(),
                size: file.size as f64,
                mode: file.mode,
            })
            .collect();
        let facts = serde_wasm_bindgen::to_value(&facts).map_err(|_| SinkError::Failed)?;
        self.call("open", &Array::of1(&facts)).await.map(|_| ())
    }

    fn sha256(&self, file: usize) -> Option<Bytes32> {
        self.computed.borrow().get(file).copied().flatten()
    }

    fn mismatch(&self) -> Option<usize> {
        self.mismatch.get()
    }
}
