//! Manifests in XML: `pom.xml`, `*.nuspec`, `*.csproj`.

use roxmltree::{Document, Node};

use super::{Manifest, Reach, declared_any, from_declaration};
use crate::license::{ManifestError, ManifestLicense};
use crate::purl::Purl;

fn parse<'t>(text: &'t str, manifest: &'static str) -> Result<Document<'t>, ManifestError> {
    Document::parse(text.trim_start_matches('\u{FEFF}'))
        .map_err(|error| ManifestError { manifest, reason: error.to_string() })
}

/// The element of that name inside of another one, whatever its namespace.
fn child<'d, 't>(node: Node<'d, 't>, name: &str) -> Option<Node<'d, 't>> {
    node.children().find(|child| child.tag_name().name() == name)
}

fn text<'d>(node: Node<'d, '_>) -> Option<&'d str> {
    node.text().map(str::trim).filter(|text| !text.is_empty())
}

fn child_text<'d>(node: Node<'d, '_>, name: &str) -> Option<&'d str> {
    text(child(node, name)?)
}

/// `pom.xml`. Group and version may be those of the parent, and values properties of the file.
pub(super) fn maven(xml: &str) -> Result<Manifest, ManifestError> {
    let document = parse(xml, "pom.xml")?;
    let project = document.root_element();
    let parent = child(project, "parent");
    let own_or_parents =
        |name: &str| child_text(project, name).or_else(|| child_text(parent?, name));
    let properties = child(project, "properties");
    let value = |text: &str| -> Option<String> {
        match text.strip_prefix("${").and_then(|name| name.strip_suffix('}')) {
            Some(name) => child_text(properties?, name).map(str::to_owned),
            None => Some(text.to_owned()),
        }
        // A property may be made of others, which are not followed.
        .filter(|value| !value.contains("${"))
    };
    let group = own_or_parents("groupId").and_then(value);
    let needed = child(project, "dependencies").into_iter().flat_map(|it| it.children());
    let dependencies = needed.filter_map(|dependency| {
        let needed_group = match child_text(dependency, "groupId")? {
            "${project.groupId}" | "${groupId}" => group.clone(),
            text => value(text),
        };
        maven_package(&needed_group?, &value(child_text(dependency, "artifactId")?)?)
    });
    let licenses = child(project, "licenses").into_iter().flat_map(|it| it.children());
    // Maven takes several for a choice.
    let names: Vec<&str> = licenses.filter_map(|license| child_text(license, "name")).collect();
    let artifact = child_text(project, "artifactId").and_then(value);
    Ok(Manifest {
        package: group
            .as_deref()
            .zip(artifact)
            .and_then(|(group, name)| maven_package(group, &name)),
        version: own_or_parents("version").and_then(value),
        license: declared_any(&names),
        dependencies: dependencies.collect(),
        ..Manifest::default()
    })
}

fn maven_package(group: &str, artifact: &str) -> Option<Purl> {
    Purl::in_namespace("maven", group, artifact, None).ok()
}

/// `*.nuspec`
pub(super) fn nuspec(xml: &str) -> Result<Manifest, ManifestError> {
    let document = parse(xml, "nuspec")?;
    let Some(metadata) = child(document.root_element(), "metadata") else {
        return Ok(Manifest::default());
    };
    let license = child(metadata, "license").and_then(|license| {
        match (license.attribute("type"), text(license)?) {
            (Some("file"), file) => Some(ManifestLicense::InFile(file.replace('\\', "/"))),
            (_, expression) => from_declaration(expression),
        }
    });
    // Dependencies may stand in groups, one for each framework.
    let needed = metadata.descendants().filter(|node| node.has_tag_name_of("dependency"));
    Ok(Manifest {
        package: child_text(metadata, "id").and_then(nuget_package),
        version: child_text(metadata, "version").filter(|it| is_literal(it)).map(str::to_owned),
        license,
        dependencies: needed.filter_map(|node| nuget_package(node.attribute("id")?)).collect(),
        ..Manifest::default()
    })
}

/// `*.csproj`. A project that states no name of a package has that of its file.
pub(super) fn csproj(file_name: &str, xml: &str) -> Result<Manifest, ManifestError> {
    let document = parse(xml, "csproj")?;
    let value = |name: &str| {
        let mut found = document.descendants().filter(|node| node.has_tag_name_of(name));
        found.find_map(text).filter(|text| is_literal(text))
    };
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
    let name = value("PackageId").or_else(|| value("AssemblyName")).unwrap_or(stem);
    let file = || Some(ManifestLicense::InFile(value("PackageLicenseFile")?.replace('\\', "/")));
    let needed = document.descendants().filter(|node| node.has_tag_name_of("PackageReference"));
    Ok(Manifest {
        package: nuget_package(name),
        version: value("Version").or_else(|| value("VersionPrefix")).map(str::to_owned),
        license: value("PackageLicenseExpression").and_then(from_declaration).or_else(file),
        reach: match value("IsPackable") {
            Some(said) if said.eq_ignore_ascii_case("false") => Reach::Private,
            _ => Reach::Public,
        },
        dependencies: needed.filter_map(|node| nuget_package(node.attribute("Include")?)).collect(),
        ..Manifest::default()
    })
}

/// Whether a value is none that a build puts in.
fn is_literal(text: &str) -> bool {
    !text.contains("$(") && !text.contains('$')
}

fn nuget_package(name: &str) -> Option<Purl> {
    Purl::new("nuget", name, None).ok().filter(|_| is_literal(name))
}

/// Names without their namespace, which differs from one version of a tool to the next.
trait LocalName {
    fn has_tag_name_of(&self, name: &str) -> bool;
}

impl LocalName for Node<'_, '_> {
    fn has_tag_name_of(&self, name: &str) -> bool {
        self.tag_name().name() == name
    }
}
