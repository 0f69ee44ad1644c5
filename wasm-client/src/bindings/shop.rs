//! What a seller has beside its sales, across the boundary.

use serde::Deserialize;
use wasm_bindgen::prelude::*;

use super::Client;
use super::convert::{from_js, id_of, to_js};
use super::failure::throw;

#[derive(Deserialize)]
struct WebhookRequest {
    url: String,
    #[serde(default)]
    events: Vec<String>,
}

#[wasm_bindgen]
impl Client {
    /// See [`crate::sale::Client::delete_release`].
    #[wasm_bindgen(js_name = deleteRelease)]
    pub async fn delete_release(&self, release_id: String) -> Result<JsValue, JsValue> {
        to_js(&self.0.delete_release(id_of(&release_id)?).await.map_err(throw)?)
    }

    /// See [`crate::sale::Client::delete_product`].
    #[wasm_bindgen(js_name = deleteProduct)]
    pub async fn delete_product(&self, product_id: String) -> Result<JsValue, JsValue> {
        to_js(&self.0.delete_product(id_of(&product_id)?).await.map_err(throw)?)
    }

    /// See [`crate::sale::Client::onboard`].
    pub async fn onboard(&self, return_origin: Option<String>) -> Result<JsValue, JsValue> {
        to_js(&self.0.onboard(return_origin).await.map_err(throw)?)
    }

    /// See [`crate::sale::Client::payment_account`].
    #[wasm_bindgen(js_name = paymentAccount)]
    pub async fn payment_account(&self) -> Result<JsValue, JsValue> {
        to_js(&self.0.payment_account().await.map_err(throw)?)
    }

    /// See [`crate::sale::Client::confirm_payment`].
    #[wasm_bindgen(js_name = confirmPayment)]
    pub async fn confirm_payment(&self, transfer_id: String) -> Result<JsValue, JsValue> {
        to_js(&self.0.confirm_payment(id_of(&transfer_id)?).await.map_err(throw)?)
    }

    /// See [`crate::sale::Client::create_webhook`].
    #[wasm_bindgen(js_name = createWebhook)]
    pub async fn create_webhook(&self, request: JsValue) -> Result<JsValue, JsValue> {
        let WebhookRequest { url, events } = from_js(request)?;
        to_js(&self.0.create_webhook(url, events).await.map_err(throw)?)
    }

    /// See [`crate::sale::Client::webhooks`].
    pub async fn webhooks(&self) -> Result<JsValue, JsValue> {
        to_js(&self.0.webhooks().await.map_err(throw)?)
    }

    /// See [`crate::sale::Client::revoke_webhook`].
    #[wasm_bindgen(js_name = revokeWebhook)]
    pub async fn revoke_webhook(&self, webhook_id: String) -> Result<JsValue, JsValue> {
        to_js(&self.0.revoke_webhook(id_of(&webhook_id)?).await.map_err(throw)?)
    }
}
