//! Draws three charts through the server `antv-chart`: records three deep, lists of records, enums.
#![forbid(unsafe_code)]

use mcp_guest_sdk::{Error, Skill};
use serde_json::{Value, json};

mcp_guest_sdk::import_server!("wit/deps/mcp-server-antv-chart");
use antv_chart::{
    Child, DataType, Edge, GenerateDistrictMapData, GenerateDistrictMapParams,
    GenerateDistrictMapStyle, GenerateFishboneDiagramStyle, GenerateFlowDiagramData,
    GenerateFlowDiagramParams, GenerateLiquidChartParams, GenerateLiquidChartStyle, Shape,
    Subdistrict, Texture, Theme,
};

struct AntvChart;

impl Skill for AntvChart {
    const DESCRIPTION: &str = "Draws a release: its steps, its progress and where it went.";
    type Input = Value;
    type Output = Value;

    fn run(_input: Value) -> Result<Value, Error> {
        let steps = ["build", "test", "ship"].map(Child::new);
        let edges = vec![
            Edge::new("build", "test"),
            Edge {
                name: Some("if green".to_owned()),
                ..Edge::new("test", "ship")
            },
        ];
        let flow = antv_chart::generate_flow_diagram(&GenerateFlowDiagramParams {
            style: Some(GenerateFishboneDiagramStyle {
                texture: Some(Texture::Rough),
            }),
            theme: Some(Theme::Dark),
            ..GenerateFlowDiagramParams::new(GenerateFlowDiagramData::new(steps.into(), edges))
        })?;

        let progress = antv_chart::generate_liquid_chart(&GenerateLiquidChartParams {
            shape: Some(Shape::Pin),
            style: Some(GenerateLiquidChartStyle {
                color: Some("#1783FF".to_owned()),
                ..GenerateLiquidChartStyle::new()
            }),
            height: Some(240.5),
            ..GenerateLiquidChartParams::new(0.42)
        })?;

        let map = antv_chart::generate_district_map(&GenerateDistrictMapParams::new(
            "Where it runs",
            GenerateDistrictMapData {
                colors: Some(vec!["#00C9C9".to_owned(), "#F0884D".to_owned()]),
                data_type: Some(DataType::Enum),
                show_all_subdistricts: Some(false),
                subdistricts: Some(vec![
                    Subdistrict {
                        data_value: Some("live".to_owned()),
                        style: Some(GenerateDistrictMapStyle {
                            fill_color: Some("#00C9C9".to_owned()),
                        }),
                        ..Subdistrict::new("杭州市")
                    },
                    Subdistrict::new("宁波市"),
                ]),
                ..GenerateDistrictMapData::new("浙江省")
            },
        ))?;
        Ok(json!([flow.text(), progress.text(), map.text()]))
    }
}

mcp_guest_sdk::export_skill!(AntvChart);
