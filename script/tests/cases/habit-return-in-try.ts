try {
  const data = await db.query({ sql: "select 1" });
  return data;
} catch (error: unknown) {
  return { failed: String(error) };
}
