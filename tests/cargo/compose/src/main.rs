//! compose SOCKET PLUG OUT: what `wac plug SOCKET --plug PLUG -o OUT` does, by the same library.
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, plug};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().collect();
    let [_, socket, plugged, out] = words.as_slice() else {
        return Err("usage: compose SOCKET PLUG OUT".into());
    };
    let mut graph = CompositionGraph::new();
    let mut register = |name: &str, path: &str| -> Result<_, Box<dyn std::error::Error>> {
        let package = Package::from_file(name, None, path, graph.types_mut())?;
        Ok(graph.register_package(package)?)
    };
    let socket = register("socket", socket)?;
    let plugged = register("plug", plugged)?;
    plug(&mut graph, vec![plugged], socket)?;
    std::fs::write(out, graph.encode(EncodeOptions::default())?)?;
    Ok(())
}
