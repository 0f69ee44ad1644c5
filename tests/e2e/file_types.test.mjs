// Files that are not what their names say: stopped at the seller's, and told of at the buyer's.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Claimcheck, Identity } from "claimcheck";
import { downloadButton, startSale } from "./acts.mjs";
import { openTab, useStage } from "./stage.mjs";

const stage = useStage();

test("a seller is told that a file is not what its name says, and what it is", async () => {
  const { page } = await stage.person();
  const { id } = await stage.person();
  const path = join(stage.folder, "cat.png");
  await writeFile(path, "This is a text.");
  await startSale(page, { files: [path], buyer: id, title: "Cat" });
  const failure = page.locator("cc-failure");
  await failure.getByText("“cat.png”: This is not the kind of file that its name says").waitFor();
  await failure.getByText("Details").click();
  await failure.getByText("image/png", { exact: true }).waitFor();
  await failure.getByText("text/plain", { exact: true }).waitFor();
});

test("a buyer is warned of such a file, and saves it all the same", async () => {
  const seller = await Claimcheck.connect(stage.server.url, await Identity.make());
  await seller.register();
  const png = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.alloc(10_000)]);
  const release = await seller.upload({
    product: { title: "Cat" },
    files: [
      {
        path: "cat.png",
        contentType: "image/png",
        size: png.length,
        // What a client that checks nothing would seal.
        read: async (start, end) =>
          end < png.length
            ? new Uint8Array(png.subarray(start, end))
            : new Uint8Array(end - start).fill(0x61),
      },
    ],
  });
  const { url } = await seller.createLink({ releaseId: release.release_id });
  const page = await openTab(await stage.profile(), url.replace(stage.server.url, stage.url));
  await page.getByRole("button", { name: "Get the files" }).click();
  await downloadButton(page).click();
  await page.getByText("“cat.png” was declared as image/png, but it is text/plain").waitFor();
  await page.getByText(/^Verified/).waitFor();
});
