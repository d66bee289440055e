//! The eight tasks: what an agent searches and describes for each, and the facts that it has to find.

/// One task. Its script is `examples/tasks/NAME.ts`, and `tests/tasks` has it in Rust.
pub(super) struct Task {
    pub(super) name: &'static str,
    pub(super) servers: &'static [&'static str],
    /// What the agent searches for, once.
    pub(super) query: &'static str,
    /// How many hits it asks for. 8 are usual.
    pub(super) limit: u8,
    /// What the agent wants to be described: what the script imports.
    pub(super) tools: &'static [&'static str],
    /// The result as JSON, of a shop in its usual place.
    pub(super) facts: &'static str,
}

pub(super) const TASKS: [Task; 8] = [
    Task {
        name: "busiest-hour",
        servers: &["sqlite", "time"],
        query: "query a database, convert a time between zones",
        limit: 8,
        tools: &["sqlite.read_query", "time.convert_time"],
        facts: r#"[
            {"city": "Tokyo", "hour": 11, "orders": 220, "of": 1000},
            {"city": "Pune", "hour": 18, "orders": 220, "of": 1000},
            {"city": "Nairobi", "hour": 9, "orders": 220, "of": 1000},
            {"city": "Phoenix", "hour": 16, "orders": 220, "of": 1000},
            {"city": "Brisbane", "hour": 12, "orders": 220, "of": 1000},
            {"city": "Dubai", "hour": 20, "orders": 220, "of": 1000},
            {"city": "Bogota", "hour": 13, "orders": 220, "of": 1000},
            {"city": "Kathmandu", "hour": 17, "orders": 220, "of": 1000}]"#,
    },
    Task {
        name: "price-drift",
        servers: &["filesystem", "sqlite"],
        query: "search for files, read several files, select from a database",
        limit: 8,
        tools: &[
            "filesystem.search_files",
            "filesystem.read_multiple_files",
            "sqlite.read_query",
        ],
        facts: r#"{"compared": 7200, "unknown": ["NEW-0001", "NEW-0002", "NEW-0003"], "drifted": [
            {"sku": "SKU-07100", "ours": 2200, "theirs": 3900},
            {"sku": "SKU-01207", "ours": 9159, "theirs": 8059},
            {"sku": "SKU-02999", "ours": 3463, "theirs": 4462},
            {"sku": "SKU-04242", "ours": 4454, "theirs": 4969},
            {"sku": "SKU-05005", "ours": 5685, "theirs": 5385},
            {"sku": "SKU-00411", "ours": 6707, "theirs": 6957},
            {"sku": "SKU-03500", "ours": 4000, "theirs": 3960}]}"#,
    },
    Task {
        name: "error-owners",
        servers: &["filesystem", "memory"],
        query: "search for files, read a text file, open nodes of the knowledge graph",
        limit: 8,
        tools: &[
            "filesystem.search_files",
            "filesystem.read_text_file",
            "memory.open_nodes",
        ],
        facts: r#"[
            {"team": "team money", "onCall": "Radia Holly", "programs": ["payments"], "errors": 31, "customers": 31,
                "first": "2026-05-01T00:36:41Z"},
            {"team": "team messages", "onCall": "Ada Alder", "programs": ["mail"], "errors": 17, "customers": 17,
                "first": "2026-05-02T00:46:42Z"},
            {"team": "team checkout", "onCall": "Grace Birch", "programs": ["cart", "stock"], "errors": 13,
                "customers": 13, "first": "2026-05-03T00:56:43Z"}]"#,
    },
    Task {
        name: "first-bad-commit",
        servers: &["filesystem", "git"],
        query: "git log of commits, show a file at a commit, read a text file",
        limit: 8,
        tools: &["git.git_log", "git.git_show", "filesystem.read_text_file"],
        facts: r#"{"commit": "74c80df7bb", "author": "Ada Alder", "date": "2026-02-20",
            "subject": "api: give up sooner while the card network is slow (#3899)",
            "checkout.retries": {"before": 3, "after": 0}, "owner": "Edsger Cedar", "searched": 1651}"#,
    },
    Task {
        name: "bus-factor",
        servers: &["git", "memory"],
        query: "git log of commits, search nodes of the knowledge graph",
        limit: 8,
        tools: &["git.git_log", "memory.search_nodes"],
        facts: r#"{"components": 12, "found": [
            {"component": "tax", "author": "Niklaus Fir", "commits": 316, "of": 333, "maintainer": "Ada Alder",
                "known": false},
            {"component": "images", "author": "Barbara Elm", "commits": 299, "of": 333, "maintainer": "Barbara Elm",
                "known": true}]}"#,
    },
    Task {
        name: "meeting-hour",
        servers: &["memory", "time"],
        query: "read the whole knowledge graph, convert a time between zones",
        limit: 8,
        tools: &["memory.read_graph", "time.convert_time"],
        facts: r#"{"people": 84, "zones": 8, "best": [
            {"utc": "07:00", "free": 34}, {"utc": "05:00", "free": 32}, {"utc": "06:00", "free": 29}]}"#,
    },
    Task {
        name: "jobs-today",
        servers: &["everything", "sqlite"],
        query: "get structured content, query a database",
        limit: 8,
        tools: &["everything.get-structured-content", "sqlite.read_query"],
        facts: r#"[
            {"city": "Chicago", "conditions": "Light rain / drizzle", "jobs": 2200, "possible": 1027, "hours": 2569,
                "first": "3: cut the hedge of house 39"},
            {"city": "Los Angeles", "conditions": "Sunny / Clear", "jobs": 2200, "possible": 147, "hours": 513,
                "first": "64: paint the front of house 32"},
            {"city": "New York", "conditions": "Cloudy", "jobs": 2200, "possible": 1468, "hours": 6606,
                "first": "11: cut the hedge of house 143"}]"#,
    },
    Task {
        name: "close-month",
        servers: &["filesystem", "memory", "sqlite"],
        query: "write a file, read a text file, search files, query a database, create entities",
        limit: 16,
        tools: &[
            "filesystem.search_files",
            "filesystem.read_text_file",
            "filesystem.write_file",
            "sqlite.read_query",
            "memory.create_entities",
        ],
        facts: r#"{"invoices": 1800, "owed": "3112.32 EUR", "report": "/home/ada/shop/files/reports/2026-05.md", "open": [
            "INV-26-0017", "INV-26-0077", "INV-26-0204", "INV-26-0333", "INV-26-0512", "INV-26-0640", "INV-26-0901",
            "INV-26-1066", "INV-26-1234", "INV-26-1500", "INV-26-1799"]}"#,
    },
];
