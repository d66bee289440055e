//! The table of words. People review it: a row must hold for any server, and names no product's tool. Where two rows
//! fit a tool alike, the earlier one is taken.

use std::collections::HashSet;
use std::sync::OnceLock;

use mcp_search::words_of;

/// A heading and what it is known by.
pub(super) struct Row {
    pub(super) title: &'static str,
    /// Stems of words, and pairs of stems with a blank between them.
    pub(super) stems: HashSet<String>,
    /// How much one of them in a name counts. A word such as `search` says what is done, and less of what with.
    pub(super) weight: usize,
}

pub(super) fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let table = TABLE.iter().map(|(title, words)| row(title, words, 4));
        let weak = WEAK.iter().map(|(title, words)| row(title, words, 2));
        table.chain(weak).collect()
    })
}

fn row(title: &'static str, words: &str, weight: usize) -> Row {
    let stems = words.split_whitespace().map(|word| {
        let parts: Vec<&str> = word.split('_').collect();
        let stems = parts.iter().flat_map(|part| words_of(part, 64));
        stems.map(|word| word.stem).collect::<Vec<_>>().join(" ")
    });
    Row {
        title,
        stems: stems.collect(),
        weight,
    }
}

/// The heading, and its words. `a_b` is `a` with `b` behind it.
const TABLE: [(&str, &str); 36] = [
    ("Pull requests and reviews", "pull_request merge_request review reviewer"),
    ("Issues", "issue ticket milestone backlog sprint"),
    ("Security", "security vulnerability advisory dependabot scanning malware"),
    ("Builds and workflows", "workflow job pipeline pipelinerun taskrun ci actions_list actions_get actions_run"),
    (
        "Repositories and versions",
        "git repository repo commit branch tag release fork gist blame rebase stash checkout worktree reflog",
    ),
    (
        "Clusters and machines",
        "kubernetes kubectl pod node namespace helm cluster vm container docker mesh kubevirt istio virtual_machine",
    ),
    ("Databases", "database db collection aggregate aggregation sql mongodb postgres query_plan index schema rows"),
    (
        "Keys and values",
        "redis hash hset hget hdel hgetall hexists lpush rpush lpop rpop lrange llen lrem sadd srem smembers zadd zrange
         zrem xadd xrange xdel xgroup xreadgroup xack dbsize pubsub subscribe unsubscribe psubscribe cache",
    ),
    ("Mail", "gmail mail email inbox mailbox"),
    ("Calendar", "calendar event meeting freebusy appointment out_of_office focus_time"),
    (
        "Spreadsheets",
        "spreadsheet sheet worksheet workbook excel cell column pivot range csv formula slicer sparkline",
    ),
    ("Presentations", "presentation slide slides powerpoint"),
    ("Documents", "document doc docs docx paragraph heading footnote endnote pdf docx page_break"),
    ("Forms", "form forms questionnaire survey"),
    ("Tasks", "task todo reminder"),
    ("Chat", "chat message channel space slack sms dm"),
    ("Contacts", "contact contacts address_book"),
    ("Users and teams", "user users team member org organization collaborator profile me self people"),
    ("Scripts", "script macro vba function trigger"),
    (
        "Browser",
        "browser tab click hover drag drop fill press_key keyboard mouse navigate viewport screenshot snapshot console
         dialog evaluate lighthouse screencast heapsnapshot locator network_request tracing element screen emulate",
    ),
    ("Pages", "page pages block blocks notion"),
    (
        "Knowledge",
        "knowledge entity entities relation relations observation observations memory article wikipedia topic topics",
    ),
    ("Research", "research paper papers citation"),
    ("Web", "web url website crawl scrape scraping sitemap http webpage extract_web internet"),
    ("Files", "file files folder directory directories drive attachment path tree"),
    ("Charts and diagrams", "chart charts diagram graph plot histogram treemap mind_map pin_map path_map district_map"),
    ("Voice and sound", "voice voices speech audio sound music song transcribe transcription podcast"),
    ("Phone", "phone call outbound"),
    ("Images and video", "image images picture photo video gif media"),
    ("Places", "location coordinates place geocode weather route"),
    ("Time", "time timezone clock date"),
    ("Money", "payment invoice price order billing cost"),
    ("Access", "auth permission permissions login access role roles policy oauth"),
    ("Notifications", "notification notifications"),
    ("Monitoring", "monitor log logs metric metrics trace traces performance alert alerts stats status health"),
    ("Agents", "agent agents assistant conversation conversations model models"),
];

/// The same, of words that stand beside others.
const WEAK: [(&str, &str); 4] = [
    (
        "Comments and discussions",
        "comment comments discussion thread reaction reply",
    ),
    ("Labels", "label labels tag"),
    ("Search", "search query find lookup"),
    (
        "Settings",
        "config configuration setting settings env environment",
    ),
];
