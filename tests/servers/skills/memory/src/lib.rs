//! Builds a small knowledge graph in the server `memory` and asks it questions.
#![forbid(unsafe_code)]

use mcp_guest_sdk::{Error, Skill, ToolError};
use serde_json::{Value, json};

mcp_guest_sdk::import_server!("wit/deps/mcp-server-memory");
use memory::{
    AddObservationsParams, CreateEntitiesParams, CreateRelationsParams, DeleteEntitiesParams,
    Entity, Observation, OpenNodesParams, Relation, SearchNodesParams,
};

struct Memory;

impl Skill for Memory {
    const DESCRIPTION: &str = "Remembers three people and what connects them.";
    type Input = Value;
    type Output = Value;

    fn run(_input: Value) -> Result<Value, Error> {
        let created = memory::create_entities(&CreateEntitiesParams::new(vec![
            entity("Ada", &["wrote the first program", "zoë's friend"]),
            entity("Charles", &["designed the engine"]),
            entity("Mary", &[]),
        ]))?;
        memory::create_relations(&CreateRelationsParams::new(vec![
            Relation::new("Ada", "Charles", "works with"),
            Relation::new("Mary", "Ada", "teaches"),
        ]))?;
        let added = memory::add_observations(&AddObservationsParams::new(vec![
            Observation::new("Charles", strings(&["designed the engine", "likes tables"])),
            Observation::new("Mary", strings(&["teaches mathematics"])),
        ]))?;
        let found = memory::search_nodes(&SearchNodesParams::new("engine"))?;
        let opened = memory::open_nodes(&OpenNodesParams::new(strings(&["Mary", "Nobody"])))?;
        let deleted =
            memory::delete_entities(&DeleteEntitiesParams::new(strings(&["Mary", "Nobody"])))?;
        let graph = memory::read_graph()?;

        Ok(json!({
            "created": entities(&created.entities),
            "added": added
                .results
                .iter()
                .map(|result| json!([result.entity_name, result.added_observations]))
                .collect::<Vec<_>>(),
            "found": entities(&found.entities),
            "opened": [entities(&opened.entities), relations(&opened.relations)],
            "deleted": deleted.success,
            "graph": [entities(&graph.entities), relations(&graph.relations)],
            "unknown": unknown()?,
        }))
    }
}

mcp_guest_sdk::export_skill!(Memory);

/// What the server says about an observation of an unknown person.
fn unknown() -> Result<String, Error> {
    let nobody = vec![Observation::new("Nobody", strings(&["is not there"]))];
    match memory::add_observations(&AddObservationsParams::new(nobody)) {
        Err(ToolError::Failed(answer)) => Ok(answer.text()),
        Err(error) => Err(error.into()),
        Ok(_) => Err(Error::msg("the server knows `Nobody`")),
    }
}

fn entity(name: &str, observations: &[&str]) -> Entity {
    Entity::new(name, "person", strings(observations))
}

fn entities(entities: &[Entity]) -> Vec<Value> {
    entities
        .iter()
        .map(|entity| json!([entity.name, entity.entity_type, entity.observations]))
        .collect()
}

fn relations(relations: &[Relation]) -> Vec<String> {
    relations
        .iter()
        .map(|relation| {
            format!(
                "{} {} {}",
                relation.from, relation.relation_type, relation.to
            )
        })
        .collect()
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
