//! The measures of `shared/search-eval/README.md`, over any index. `evaluate` prints them, and a test checks them.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs;
use std::path::PathBuf;

use mcp_search::{Entry, Index, Query};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The data, where it exists: a clone of the repository alone does not have it.
pub(crate) fn dir() -> Option<PathBuf> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/search-eval");
    dir.is_dir().then_some(dir)
}

/// Means over all queries.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) struct Measures {
    pub(crate) steps_recall_1: f64,
    pub(crate) steps_recall_5: f64,
    pub(crate) steps_mrr: f64,
    pub(crate) questions_recall_10: f64,
    pub(crate) reference_recall_5: f64,
    pub(crate) reference_mrr: f64,
    pub(crate) reference_ndcg_10: f64,
}

impl fmt::Display for Measures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "| {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} |",
            self.steps_recall_1,
            self.steps_recall_5,
            self.steps_mrr,
            self.questions_recall_10,
            self.reference_recall_5,
            self.reference_mrr,
            self.reference_ndcg_10
        )
    }
}

#[derive(Deserialize)]
struct Tool {
    server: String,
    name: String,
    description: Option<String>,
    #[serde(default, rename = "inputSchema")]
    input: Value,
}

#[derive(Deserialize)]
struct Question {
    query: String,
    relevant: Vec<String>,
    #[serde(default)]
    steps: Vec<Question>,
}

#[derive(Deserialize)]
struct Graded {
    query: String,
    relevant: BTreeMap<String, f64>,
}

/// The measures over the queries that `pick` takes, by their position.
pub(crate) fn measure(dir: &std::path::Path, pick: impl Fn(usize) -> bool) -> Measures {
    let mut out = Measures::default();
    let (tools, questions): (Vec<Tool>, Vec<Question>) =
        (read(dir, "livemcp.tools"), read(dir, "livemcp.queries"));
    let index = index(&tools);
    let questions: Vec<&Question> = picked(&questions, &pick);
    let steps: Vec<&Question> = questions
        .iter()
        .flat_map(|question| &question.steps)
        .collect();
    // A tool is relevant by its name, whatever its server.
    let names = |query: &str, limit| -> Vec<String> {
        let found = index.search(&Query {
            limit,
            ..Query::new(query)
        });
        found
            .hits
            .iter()
            .map(|hit| tools[hit.at].name.to_lowercase())
            .collect()
    };
    let lower = |question: &Question| -> HashSet<String> {
        question
            .relevant
            .iter()
            .map(|name| name.to_lowercase())
            .collect()
    };
    let ranks: Vec<Option<usize>> = steps
        .iter()
        .map(|step| {
            let relevant = lower(step);
            names(&step.query, tools.len())
                .iter()
                .position(|name| relevant.contains(name))
        })
        .collect();
    out.steps_recall_1 = mean(
        ranks
            .iter()
            .map(|rank| f64::from(u8::from(*rank == Some(0)))),
    );
    out.steps_recall_5 = mean(
        ranks
            .iter()
            .map(|rank| f64::from(u8::from(rank.is_some_and(|rank| rank < 5)))),
    );
    out.steps_mrr = mean(ranks.iter().map(|rank| reciprocal(*rank)));
    out.questions_recall_10 = mean(questions.iter().map(|question| {
        let found: HashSet<String> = names(&question.query, 10).into_iter().collect();
        let relevant = lower(question);
        ratio(relevant.intersection(&found).count(), relevant.len())
    }));
    reference(dir, &pick, &mut out);
    out
}

fn reference(dir: &std::path::Path, pick: &impl Fn(usize) -> bool, out: &mut Measures) {
    let (tools, queries): (Vec<Tool>, Vec<Graded>) =
        (read(dir, "reference.tools"), read(dir, "reference.queries"));
    let index = index(&tools);
    let results: Vec<(Vec<f64>, &Graded)> = picked(&queries, pick)
        .into_iter()
        .map(|graded| {
            let found = index.search(&Query {
                limit: tools.len(),
                ..Query::new(&graded.query)
            });
            let grade = |hit: &mcp_search::Hit<'_>| {
                let id = format!("{}:{}", tools[hit.at].server, tools[hit.at].name);
                graded.relevant.get(&id).copied().unwrap_or(0.0)
            };
            (found.hits.iter().map(grade).collect(), graded)
        })
        .collect();
    let hits = |grades: &[f64]| grades.iter().filter(|grade| **grade > 0.0).count();
    out.reference_recall_5 = mean(results.iter().map(|(grades, graded)| {
        let all: Vec<f64> = graded.relevant.values().copied().collect();
        ratio(hits(&grades[..grades.len().min(5)]), hits(&all))
    }));
    out.reference_mrr = mean(
        results
            .iter()
            .map(|(grades, _)| reciprocal(grades.iter().position(|grade| *grade > 0.0))),
    );
    out.reference_ndcg_10 = mean(results.iter().map(|(grades, graded)| {
        let mut ideal: Vec<f64> = graded.relevant.values().copied().collect();
        ideal.sort_by(|left, right| right.total_cmp(left));
        gain(grades) / gain(&ideal)
    }));
}

fn gain(grades: &[f64]) -> f64 {
    let ranks = (2_u32..).map(|rank| f64::from(rank).log2());
    grades
        .iter()
        .take(10)
        .zip(ranks)
        .map(|(grade, discount)| grade / discount)
        .sum()
}

fn index(tools: &[Tool]) -> Index {
    Index::build(tools.iter().map(|tool| Entry {
        server: &tool.server,
        name: &tool.name,
        description: tool.description.as_deref().unwrap_or(""),
        parameters: Entry::parameters_of(&tool.input, 3),
        ..Entry::default()
    }))
}

fn picked<'a, T>(all: &'a [T], pick: &impl Fn(usize) -> bool) -> Vec<&'a T> {
    all.iter()
        .enumerate()
        .filter(|(at, _)| pick(*at))
        .map(|(_, one)| one)
        .collect()
}

fn read<T: DeserializeOwned>(dir: &std::path::Path, name: &str) -> T {
    let text = fs::read_to_string(dir.join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn reciprocal(rank: Option<usize>) -> f64 {
    rank.map_or(0.0, |rank| ratio(1, rank + 1))
}

fn ratio(part: usize, whole: usize) -> f64 {
    let number = |count| f64::from(u32::try_from(count).unwrap());
    number(part) / number(whole)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    let count = u32::try_from(values.len()).unwrap();
    values.iter().sum::<f64>() / f64::from(count)
}
