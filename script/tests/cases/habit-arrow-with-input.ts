async ({ input }: { input: { owner: string } }) => {
  return await github.list_issues({ owner: input.owner });
};
