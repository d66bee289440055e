//! A property of every chain: a rule that is added to a narrower place never allows more. Chains, rules and calls are
//! generated; the numbers look random and are the same in each run.

use super::*;

/// Chains that are made.
const ROUNDS: u64 = 2_000;

/// xorshift64
struct Series(u64);

impl Series {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn is_one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }
}

const TOOLS: [&str; 6] = ["fs/write", "fs/*", "*/*", "fs/w*", "*/read", "fs/Write"];

const CONDITIONS: [&str; 7] = [
    r#""/path" = { under = "/srv/reports" }"#,
    r#""/path" = { glob = "*.md" }"#,
    r#""/path" = { glob = "*.md", under = "/srv" }"#,
    r#""/n" = { min = 3, max = 7 }"#,
    r#""/force" = { equals = true }"#,
    r#""/force" = { equals = true, if-absent = false }"#,
    r#""/n" = { one-of = [1, 5, "x"] }"#,
];

#[derive(Clone, Default)]
struct Rules {
    allow: Option<Vec<String>>,
    agents: Vec<String>,
    ask: Vec<String>,
    deny: Vec<String>,
    read_only: bool,
    destructive: Option<&'static str>,
}

impl Rules {
    fn some(series: &mut Series) -> Self {
        let mut rules = Self::default();
        if series.is_one_in(2) {
            rules.allow = Some((0..series.below(4)).map(|_| entry(series, true)).collect());
        }
        rules.agents = (0..series.below(3)).map(|_| entry(series, true)).collect();
        rules.ask = (0..series.below(2)).map(|_| entry(series, false)).collect();
        rules.deny = (0..series.below(2)).map(|_| entry(series, false)).collect();
        rules.read_only = series.is_one_in(10);
        rules.destructive = series.one_of(&[None, None, Some("named"), Some("matched")]);
        rules
    }

    fn toml(&self) -> String {
        let list = |key, list: &[String]| format!("{key} = [{}]\n", list.join(", "));
        let mut text = list("ask", &self.ask) + &list("deny", &self.deny);
        if let Some(allow) = &self.allow {
            text += &list("allow", allow);
        }
        if self.read_only {
            text += "read-only = true\n";
        }
        if let Some(word) = self.destructive {
            text += &format!("destructive = \"{word}\"\n");
        }
        text + &list("agents.allow", &self.agents)
    }
}

/// A rule, with conditions and counts or without.
fn entry(series: &mut Series, is_counted: bool) -> String {
    let tool = series.one_of(&TOOLS);
    if series.is_one_in(3) {
        return format!("\"{tool}\"");
    }
    let mut conditions: Vec<_> = (0..series.below(3))
        .map(|_| series.one_of(&CONDITIONS))
        .collect();
    // A pointer may stand in a rule once.
    conditions.sort_unstable();
    conditions.dedup_by_key(|condition| condition.split('=').next());
    let mut text = format!(
        "{{ tool = \"{tool}\", where = {{ {} }}",
        conditions.join(", ")
    );
    if is_counted && series.is_one_in(3) {
        text += ", per-run = 2";
    }
    text + " }"
}

fn arguments(series: &mut Series) -> Value {
    let mut object = Map::new();
    let values = [
        (
            "path",
            json!([
                "/srv/reports/a.md",
                "/srv/reports/../a.md",
                "/etc/x",
                "a.md",
                "",
                7,
                null
            ]),
        ),
        ("n", json!([1, 5, 9, "5", null, [5]])),
        ("force", json!([true, false, "true", 1, null])),
    ];
    for (key, values) in values {
        let values = values.as_array().unwrap();
        if !series.is_one_in(4) {
            object.insert(key.to_owned(), values[series.below(values.len())].clone());
        }
    }
    Value::Object(object)
}

/// How careful the decisions about three equal calls of a run are.
fn care(grants: &Grants, tool: &str, hints: Hints, arguments: &Value) -> [u8; 3] {
    let rules = grants.rules_of("fs", tool, hints);
    let decider = Decider::new(grants);
    [(); 3].map(
        |()| match decider.decide(&rules, arguments.as_object().unwrap()) {
            Decision::Allow => 0,
            Decision::Ask(_) => 1,
            Decision::Deny(_) => 2,
        },
    )
}

fn grants(places: &[(Place, Rules)], for_agents: bool) -> Grants {
    let texts: Vec<_> = places
        .iter()
        .map(|(place, rules)| (*place, rules.toml()))
        .collect();
    let places: Vec<_> = texts
        .iter()
        .map(|(place, text)| (*place, text.as_str()))
        .collect();
    if for_agents {
        agent(&places)
    } else {
        person(&places)
    }
}

#[test]
fn a_rule_that_is_added_to_a_narrower_place_never_allows_more() {
    let (mut allowed, mut asked, mut denied, mut narrowed) = (0, 0, 0, 0);
    for round in 1..=ROUNDS {
        let series = &mut Series(round.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut wide = vec![(Place::User, Rules::some(series))];
        if series.is_one_in(2) {
            wide.push((Place::Organisation, Rules::some(series)));
        }
        let place = series.one_of(&[Place::Project, Place::Skill]);
        let narrow = Rules::some(series);
        let mut more = narrow.clone();
        let added = series.below(5);
        match added {
            0 => more.deny.push(entry(series, false)),
            1 => more.read_only = true,
            2 => more.ask.push(entry(series, false)),
            3 => more.agents.push(entry(series, true)),
            _ => more.allow.get_or_insert_default().push(entry(series, true)),
        }
        let with = |rules: &Rules| [wide.clone(), vec![(place, rules.clone())]].concat();
        for for_agents in [false, true] {
            let [wide, narrow, more] = [wide.clone(), with(&narrow), with(&more)]
                .map(|places| grants(&places, for_agents));
            for _ in 0..4 {
                let tool = series.one_of(&["write", "read", "walk", "WRITE"]);
                let hints = series.one_of(&[READS, WRITES, SILENT]);
                let arguments = arguments(series);
                let care = |grants: &Grants| care(grants, tool, hints, &arguments);
                let (wide, narrow, more) = (care(&wide), care(&narrow), care(&more));
                let why = format!("round {round}: {tool} {hints:?} {arguments}");
                for call in 0..3 {
                    assert!(
                        narrow[call] >= wide[call] && more[call] >= wide[call],
                        "{why}"
                    );
                    // `allow` of a place says what the place leaves, so that one more entry leaves more of it.
                    assert!(added >= 3 || more[call] > 0 || narrow[call] == 0, "{why}");
                    assert!(added > 1 || more[call] >= narrow[call], "{why}");
                }
                allowed += u32::from(more[0] == 0);
                asked += u32::from(more[0] == 1);
                denied += u32::from(more[0] == 2);
                narrowed += u32::from(more[0] > wide[0]);
            }
        }
    }
    // The generated chains say each of these often enough to mean something.
    for count in [allowed, asked, denied, narrowed] {
        assert!(count > 500, "{allowed} {asked} {denied} {narrowed}");
    }
}

#[test]
fn the_user_allows_an_agent_no_more_than_the_organisation_does() {
    for round in 1..=ROUNDS {
        let series = &mut Series(round.wrapping_mul(0xd134_2543_de82_ef95));
        let organisation = (Place::Organisation, Rules::some(series));
        let all = Rules {
            allow: Some(vec!["\"*/*\"".to_owned()]),
            destructive: Some("matched"),
            ..Rules::default()
        };
        let user = Rules::some(series);
        let [most, some] =
            [all, user].map(|rules| grants(&[organisation.clone(), (Place::User, rules)], true));
        let hints = series.one_of(&[READS, WRITES, SILENT]);
        let arguments = arguments(series);
        let [most, some] = [most, some].map(|grants| care(&grants, "write", hints, &arguments));
        assert!(
            some.iter().zip(&most).all(|(some, most)| some >= most),
            "round {round}"
        );
    }
}
