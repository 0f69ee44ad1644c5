// What `npm run deploy` would upload, as wrangler bundles it; the page's folder must be built for that.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { LARGEST_WORKER } from "../../scripts/deploy/size.mjs";

const isQuick = process.env.CLAIMCHECK_BUILD === "dev";

test(
  "a deployment goes through its checks, and the Worker has at most 1 MB",
  { skip: isQuick && "the quick build is not what is deployed" },
  () => {
    const folder = mkdtempSync(join(tmpdir(), "claimcheck-deploy-"));
    try {
      const secrets = join(folder, "secrets");
      writeFileSync(secrets, `SERVER_SEED=${randomBytes(32).toString("base64url")}\n`);
      const origin = ["--origin", "https://files.example"];
      const args = ["scripts/deploy.mjs", "--dry-run", ...origin, "--secrets", secrets];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, {
        cwd: new URL("../../", import.meta.url),
        encoding: "utf8",
      });
      assert.equal(status, 0, stderr);
      const size = Number(/has (\d+) bytes compressed/.exec(stdout)?.[1]);
      assert.ok(size > 100_000 && size <= LARGEST_WORKER, stdout);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
