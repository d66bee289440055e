const main = async (): Promise<void> => {
  await slack.post_message({ channel: "c", text: "hi" });
};
main().catch(console.error);
