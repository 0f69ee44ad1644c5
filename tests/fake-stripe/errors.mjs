// Errors in the shape of Stripe's API.

export class ApiError extends Error {
  /**
   * @param {number} status of the HTTP answer
   * @param {string} type
   * @param {string} message
   * @param {{ code?: string, param?: string, [member: string]: unknown }} [more]
   */
  constructor(status, type, message, more = {}) {
    super(message);
    this.status = status;
    this.error = { type, ...more, message };
  }
}

/** The caller's fault. */
export const invalid = (message, param, code) =>
  new ApiError(400, "invalid_request_error", message, {
    ...(code ? { code } : {}),
    ...(param ? { param } : {}),
  });

export const missingObject = (what, id, param = "id") =>
  new ApiError(404, "invalid_request_error", `No such ${what}: '${id}'`, {
    code: "resource_missing",
    param,
  });
