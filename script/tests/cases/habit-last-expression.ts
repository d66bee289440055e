const issues: string[] = ["a", "b"];
issues.length;
