const log1 = await gitHistory.recent_commits({ limit: 3 });
export default log1;
