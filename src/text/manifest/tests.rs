//! One manifest of each form.

use super::*;

fn shown(manifest: &Manifest) -> String {
    let package = manifest.package.as_ref().map_or("-", Purl::as_str);
    let private = if manifest.reach == Reach::Private { " private" } else { "" };
    let needs: Vec<&str> = manifest.dependencies.iter().map(Purl::as_str).collect();
    format!("{package}{private} <- {}", needs.join(" "))
}

fn check(file_name: &str, text: &str, expected: &str) {
    let found = read(file_name, text, None).map_or("none".to_owned(), |manifest| shown(&manifest));
    assert_eq!(found, expected, "{file_name}:\n{text}");
}

#[test]
fn cargo_manifests_are_read() {
    check(
        "Cargo.toml",
        "[package]\nname = 'mine'\n[dependencies]\nserde = '1'\nfast = { package = 'slow_json', version = '1' }\n\
         [dev-dependencies]\nquickcheck = '1'\n[build-dependencies]\ncc = '1'\n\
         [target.'cfg(unix)'.dependencies]\nlibc = '0.2'\n",
        "pkg:cargo/mine <- pkg:cargo/cc pkg:cargo/libc pkg:cargo/quickcheck pkg:cargo/serde pkg:cargo/slow_json",
    );
    check(
        "Cargo.toml",
        "[package]\nname = 'xtask'\npublish = false\n",
        "pkg:cargo/xtask private <- ",
    );
    check("Cargo.toml", "[package]\nname = 'x'\npublish = ['ours']\n", "pkg:cargo/x private <- ");
    check("Cargo.toml", "[package]\nname = 'x'\npublish = ['crates-io']\n", "pkg:cargo/x <- ");
    check("Cargo.toml", "[workspace]\nmembers = ['a']\n", "- <- ");
    check("Cargo.toml", "no toml", "none");
}

#[test]
fn members_inherit_the_names_of_their_workspace() {
    let root = "[workspace]\nmembers = ['crates/*']\n[workspace.dependencies]\nserde = '1'\n\
        old = { package = 'older', version = '1' }\n";
    let workspace = Workspace::read(root).expect("a workspace");
    assert_eq!(workspace.members, ["crates/*"]);
    let member = "[package]\nname = 'a'\n[dependencies]\nserde.workspace = true\nold = { workspace = true }\n";
    let manifest = read("Cargo.toml", member, Some(&workspace)).expect("a manifest");
    assert_eq!(shown(&manifest), "pkg:cargo/a <- pkg:cargo/older pkg:cargo/serde");
    assert_eq!(Workspace::read("[package]\nname = 'a'\n"), None);
}

#[test]
fn data_of_python_packages_is_read() {
    let metadata = "Metadata-Version: 2.1\nName: Zope.Interface\nVersion: 7.0\n\
        Requires-Dist: setuptools\nRequires-Dist: Foo_Bar[x]>=1; extra == 'y'\n\nLong.\n";
    let expected = "pkg:pypi/zope-interface <- pkg:pypi/foo-bar pkg:pypi/setuptools";
    check("METADATA", metadata, expected);
    check("PKG-INFO", metadata, expected);
    check("PKG-INFO", "nothing", "none");
    check(
        "pyproject.toml",
        "[build-system]\nrequires = ['flit']\n[project]\nname = 'My.Tool'\ndependencies = ['a>=1', 'b @ file:b']\n\
         optional-dependencies = { x = ['c'] }\nclassifiers = ['Private :: Do Not Upload']\n\
         [dependency-groups]\ndev = ['d', {include-group = 'x'}]\n",
        "pkg:pypi/my-tool private <- pkg:pypi/a pkg:pypi/b pkg:pypi/c pkg:pypi/d",
    );
    check(
        "pyproject.toml",
        "[tool.poetry]\nname = 'poem'\n[tool.poetry.dependencies]\npython = '^3.10'\na = '1'\n\
         [tool.poetry.group.dev.dependencies]\nb = '1'\n[tool.poetry.dev-dependencies]\nc = '1'\n",
        "pkg:pypi/poem <- pkg:pypi/a pkg:pypi/b pkg:pypi/c",
    );
    check(
        "pyproject.toml",
        "[tool.flit.metadata]\nmodule = 'flat'\ndist-name = 'flat-pack'\nrequires = ['a']\n",
        "pkg:pypi/flat-pack <- pkg:pypi/a",
    );
    check("pyproject.toml", "[tool.black]\nline-length = 100\n", "- <- ");
    check(
        "setup.cfg",
        "# a comment\n[metadata]\nname = mine\nname_of = other\n[options]\ninstall_requires =\n    a>=1\n    b\n\
         [options.extras_require]\nx = c; python_version > '3'\n[flake8]\nname = wrong\n",
        "pkg:pypi/mine <- pkg:pypi/a pkg:pypi/b pkg:pypi/c",
    );
}

#[test]
fn setup_scripts_are_read_and_not_run() {
    check(
        "setup.py",
        "from setuptools import setup\n# setup(name='comment')\nother(name='other')\n\
         setup(\n    name=\"mine\",\n    install_requires=['a>=1', 'b'],\n    extras_require={'x': ['c']},\n)\n",
        "pkg:pypi/mine <- pkg:pypi/a pkg:pypi/b pkg:pypi/c",
    );
    check(
        "setup.py",
        "import setuptools\nNAME = 'mine'\nsetuptools.setup(name=NAME)\n",
        "pkg:pypi/mine <- ",
    );
    for unknown in ["f'{x}'", "read()", "NAME", "'a' + 'b'", "'a\\n'"] {
        check("setup.py", &format!("setup(name={unknown})\n"), "- <- ");
    }
    let deep = format!("setup(name={}", "(".repeat(100_000));
    check("setup.py", &deep, "- <- ");
    check("setup.py", &"#".repeat(200_000), "none");
}

#[test]
fn scoped_packages_have_a_namespace() {
    check(
        "package.json",
        r#"{"name": "@me/mine", "private": true, "devDependencies": {"left-pad": "1", "@them/x": "1"}}"#,
        "pkg:npm/%40me/mine private <- pkg:npm/%40them/x pkg:npm/left-pad",
    );
    check(
        "package.json",
        r#"{"name": "@me", "peerDependencies": {"@x/": "1", "a/b": "1", "c": "2"}}"#,
        "pkg:npm/%40me <- pkg:npm/c",
    );
    check("README.md", "# x", "none");
}

#[test]
fn packages_of_npm_state_version_licence_and_what_they_carry() {
    let text = r#"{
        "name": "mine", "version": "1.0.0-rc.1", "license": {"type": "ISC"},
        "dependencies": {"a": "1", "b": "2"}, "bundleDependencies": ["b", "@x/c", 3]
    }"#;
    let manifest = read("package.json", text, None).expect("a manifest");
    assert_eq!(manifest.version.as_deref(), Some("1.0.0-rc.1"));
    let license = match manifest.license {
        Some(ManifestLicense::Declared(fact)) => fact.expression.map(|it| it.to_string()),
        _ => None,
    };
    assert_eq!(license.as_deref(), Some("ISC"));
    let names =
        |purls: &BTreeSet<Purl>| -> Vec<String> { purls.iter().map(Purl::to_string).collect() };
    assert_eq!(names(&manifest.bundled), ["pkg:npm/%40x/c", "pkg:npm/b"]);
    let all = r#"{"dependencies": {"a": "1"}, "bundledDependencies": true}"#;
    let manifest = read("package.json", all, None).expect("a manifest");
    assert_eq!(names(&manifest.bundled), ["pkg:npm/a"]);
}

/// What a manifest of another ecosystem says: package, version, licence, dependencies.
fn check_stated(file_name: &str, text: &str, expected: &str) {
    let found = match read_ranked(file_name, text) {
        Some(Ok(manifest)) => {
            let version = manifest.version.as_deref().unwrap_or("-");
            let license = match &manifest.license {
                Some(ManifestLicense::Declared(fact)) => {
                    let doubt = if fact.precision == Precision::Imprecise { "?" } else { "" };
                    let read = fact.expression.as_ref().map(|it| format!("{it}{doubt}"));
                    read.unwrap_or_else(|| format!("unread {}", fact.declared))
                }
                Some(ManifestLicense::InFile(file)) => format!("file {file}"),
                Some(ManifestLicense::InWorkspace) | None => "-".to_owned(),
            };
            let shown = shown(&manifest);
            let (package, needed) = shown.split_once(" <-").expect("an arrow");
            format!("{package} {version} {license} <-{needed}")
        }
        Some(Err(error)) => format!("error in {}", error.manifest),
        None => "none".to_owned(),
    };
    assert_eq!(found, expected, "{file_name}:\n{text}");
}

#[test]
fn maven_projects_are_read() {
    check_stated(
        "pom.xml",
        "<?xml version='1.0'?><project xmlns='http://example.org'><modelVersion>4</modelVersion>\
         <groupId>org.example</groupId><artifactId>thing</artifactId><version>${revision}</version>\
         <properties><revision>1.2</revision></properties><licenses><license>\
         <name>The Apache Software License, Version 2.0</name></license></licenses><dependencies>\
         <dependency><groupId>${project.groupId}</groupId><artifactId>core</artifactId></dependency>\
         <dependency><groupId>junit</groupId><artifactId>junit</artifactId><scope>test</scope></dependency>\
         <dependency><groupId>a</groupId><artifactId>${unknown}</artifactId></dependency>\
         </dependencies></project>",
        "pkg:maven/org.example/thing 1.2 Apache-2.0 <- pkg:maven/junit/junit pkg:maven/org.example/core",
    );
    check_stated(
        "pom.xml",
        "<project><parent><groupId>org.example</groupId><artifactId>all</artifactId><version>3</version></parent>\
         <artifactId>part</artifactId><licenses><license><name>MIT</name></license>\
         <license><name>EPL 2.0</name></license></licenses></project>",
        "pkg:maven/org.example/part 3 MIT OR EPL-2.0 <- ",
    );
    check_stated("pom.xml", "<project>", "error in pom.xml");
    check_stated("pom.xml", &"<a>".repeat(100_000), "error in pom.xml");
    let laughs = "<!DOCTYPE a [<!ENTITY b 'ccc'>]><a>&b;</a>";
    check_stated("pom.xml", laughs, "error in pom.xml");
}

#[test]
fn packages_of_nuget_are_read() {
    check_stated(
        "Some.Thing.csproj",
        "\u{FEFF}<Project Sdk='Microsoft.NET.Sdk'><PropertyGroup><Version>2.0.1</Version>\
         <PackageLicenseExpression>MIT</PackageLicenseExpression></PropertyGroup><ItemGroup>\
         <PackageReference Include='Newtonsoft.Json' Version='13.0.1' /><PackageReference Include='$(X)' />\
         </ItemGroup></Project>",
        "pkg:nuget/Some.Thing 2.0.1 MIT <- pkg:nuget/Newtonsoft.Json",
    );
    check_stated(
        "x.csproj",
        "<Project><PropertyGroup><PackageId>A.B</PackageId><Version>$(V)</Version><IsPackable>False</IsPackable>\
         <PackageLicenseFile>docs\\LICENSE.txt</PackageLicenseFile></PropertyGroup></Project>",
        "pkg:nuget/A.B private - file docs/LICENSE.txt <- ",
    );
    check_stated(
        "a.nuspec",
        "<package><metadata><id>A.B</id><version>1.0</version><license type='expression'>MIT OR ISC</license>\
         <dependencies><group><dependency id='C' version='1' /></group></dependencies></metadata></package>",
        "pkg:nuget/A.B 1.0 MIT OR ISC <- pkg:nuget/C",
    );
    check_stated("a.nuspec", "<package />", "- - - <- ");
}

#[test]
fn packages_of_composer_are_read() {
    check_stated(
        "composer.json",
        r#"{"name": "Acme/Thing", "version": "1.0", "license": ["MIT", "GPL-2.0-or-later"],
            "require": {"php": ">=8", "ext-json": "*", "psr/log": "3"}, "require-dev": {"phpunit/phpunit": "11"}}"#,
        "pkg:composer/acme/thing 1.0 MIT OR GPL-2.0-or-later <- pkg:composer/phpunit/phpunit pkg:composer/psr/log",
    );
    check_stated(
        "composer.json",
        r#"{"license": "proprietary"}"#,
        "- - LicenseRef-Proprietary? <- ",
    );
    check_stated("composer.json", "{", "error in composer.json");
}

#[test]
fn gems_are_read_as_literals() {
    check_stated(
        "thing.gemspec",
        "Gem::Specification.new do |spec|\n  # spec.name = 'no'\n  spec.name = \"thing\".freeze\n  spec.version = '1.0.2'\n\
         spec.licenses = [\"Ruby\", 'BSD-2-Clause'.freeze]\n  spec.add_dependency 'rack', '>= 2'\n\
         s.add_runtime_dependency(%q<old>)\n  s.add_development_dependency(\"rake\")\nend\n",
        "pkg:gem/thing 1.0.2 Ruby AND BSD-2-Clause? <- pkg:gem/rack pkg:gem/rake",
    );
    check_stated(
        "x.gemspec",
        "s.name=\"x-#{y}\"\ns.version = X::VERSION\ns.licenses = %w[MIT]\ns.author_name = 'z'\n",
        "- - MIT <- ",
    );
    check_stated("x.gemspec", "s.name == 'x'\ns.license = 'MIT\n", "- - - <- ");
}

#[test]
fn packages_of_r_are_read() {
    check_stated(
        "DESCRIPTION",
        "Package: thing\nVersion: 1.0-2\nLicense: GPL (>= 2) | MIT + file LICENSE\nDepends: R (>= 3.5), methods,\n    Rcpp\n\
         Suggests: testthat (>= 3.0.0)\n",
        "pkg:cran/thing 1.0-2 GPL-2.0-or-later OR MIT <- pkg:cran/Rcpp pkg:cran/testthat",
    );
    for (license, expected) in [
        ("GPL-2", "GPL-2.0-only"),
        ("file LICENSE", "file LICENSE"),
        ("BSD_3_clause + file LICENSE", "BSD-3-Clause"),
        ("Unlimited", "unread Unlimited"),
        ("GPL-3 | ours", "unread GPL-3 | ours"),
    ] {
        let text = format!("Package: x\nVersion: 1\nLicense: {license}\n");
        check_stated("DESCRIPTION", &text, &format!("pkg:cran/x 1 {expected} <- "));
    }
    check_stated("DESCRIPTION", "A thing that does\nsomething.\n", "- - - <- ");
}

#[test]
fn modules_of_go_are_read() {
    check_stated(
        "go.mod",
        "module example.org/Me/thing/v2 // why\n\ngo 1.22\n\nrequire example.org/a v1.0.0\nrequire (\n\
         \tgolang.org/x/text v0.3.0 // indirect\n)\nexclude (\n\tb.example/c v1\n)\nreplace d.example/e => ../e\n",
        "pkg:golang/example.org/me/thing/v2 - - <- pkg:golang/example.org/a pkg:golang/golang.org/x/text",
    );
    check_stated("go.mod", "module alone\n", "pkg:golang/alone - - <- ");
}

#[test]
fn packages_of_swift_name_others() {
    check_stated(
        "Package.swift",
        "let package = Package(\n  name: \"Thing\",\n  dependencies: [\n    // .package(url: \"https://no.example/a/b\")\n\
         .package(url: \"https://host.example/apple/swift-log.git\", from: \"1.0.0\"),\n    .package(path: \"../x\"),\n  ]\n)\n",
        "- - - <- pkg:swift/host.example/apple/swift-log",
    );
}

#[test]
fn rocks_are_read_as_literals() {
    check_stated(
        "thing-1.0-1.rockspec",
        "-- package = 'no'\npackage = \"thing\"\nversion = \"1.0-1\"\ndescription = {\n  license = \"MIT/X11\",\n}\n\
         dependencies = {\n  \"lua >= 5.1\",\n  \"luasocket ~> 3\"\n}\n",
        "pkg:luarocks/thing 1.0-1 MIT? <- pkg:luarocks/luasocket",
    );
}

#[test]
fn distributions_of_perl_are_read() {
    let meta =
        |rest: &str| format!(r#"{{"meta-spec": {{"version": 2}}, "name": "A-Thing", {rest}}}"#);
    check_stated(
        "META.json",
        &meta(
            r#""version": "1.02", "license": ["perl_5"], "author": ["Jane Roe <jroe@cpan.org>"]"#,
        ),
        "pkg:cpan/JROE/A-Thing 1.02 Artistic-1.0-Perl OR GPL-1.0-or-later <- ",
    );
    check_stated(
        "META.json",
        &meta(r#""license": ["mit", "open_source"], "author": ["J <j@example.org>"]"#),
        "- - unread mit, open_source <- ",
    );
    check_stated("META.json", r#"{"name": "x", "license": "mit"}"#, "- - - <- ");
}

#[test]
fn builds_of_scala_are_read_as_literals() {
    check_stated(
        "build.sbt",
        "ThisBuild / organization := \"org.example\"\nname := \"thing\"\nversion := \"0.1\"\n\
         licenses := Seq(\"Apache-2.0\" -> url(\"https://example.org/x\"), \"MIT\" -> url(\"y\"))\n\
         libraryDependencies += \"org.typelevel\" %% \"cats-core\" % \"2.10.0\"\nlibraryDependencies ++= Seq(\n\
         \"junit\" % \"junit\" % \"4.13\" % Test,\n  \"org.js\" %%% \"dom\" % v)\n",
        "pkg:maven/org.example/thing 0.1 Apache-2.0 OR MIT <- pkg:maven/junit/junit pkg:maven/org.js/dom \
         pkg:maven/org.typelevel/cats-core",
    );
}

#[test]
fn manifests_are_known_by_their_names() {
    for name in ["pom.xml", "a.gemspec", "setup.py", "X.csproj", "go.mod"] {
        assert!(is_manifest(name), "{name}");
    }
    for name in [".gemspec", "xpom.xml", "go.sum", "description"] {
        assert!(!is_manifest(name), "{name}");
    }
    assert!(ranked_names().all(|name| rank(name).is_some()));
    assert!(rank("package.json") < rank("a.gemspec"));
}
