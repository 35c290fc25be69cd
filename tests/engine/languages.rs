//! What a text is as tokens in every language beside Python and Rust: cases of (text, token line).

use birthmark::text::language::Language;
use birthmark::text::token::{Tokenizer, tokenize};

use crate::corpus::{language, source, stream};
use crate::tokens::{check_all, line};

#[test]
fn javascript() {
    let cases = [
        (
            "import {x} from 'y';\n'use strict';\n// one\nfunction area(width, height = 2) { return width * height; }",
            "str function name ( var var = int { return var * var",
        ),
        (
            "export const f = async (a, ...b) => { await a.go(b); };",
            "var = async ( var ... var => { await var callee ( var",
        ),
        (
            "class A extends B { constructor(x) { super(); this.x = x; } get y() { return `a${this.x}b`; } }",
            "class name extends type { name ( var { super ( self field = var get name ( { return str self field",
        ),
        (
            "const {a, b: c} = require('z'); if (!a || (c && b)) throw new Error('no');",
            "{ var field var = callee ( str if ! var || var && var throw new callee ( str",
        ),
        (
            "x = a ? b : c; y = /re+/g.test(s); z = n === null ? 1.5 : 0x1F;",
            "var = var ? var var var = str callee ( var var = var === null ? float int",
        ),
        (
            "var o = { key: 1, 'k': two, run(a) { return a; } };",
            "var = { field int str var name ( var { return var",
        ),
    ];
    check_all("javascript", &cases);
}

#[test]
fn tsx() {
    let cases = [(
        "const el = <div className=\"a\" onClick={() => go(1)}>text {name}</div>;",
        "var = < var field = str field = { ( => callee ( int > str { var var >",
    )];
    check_all("tsx", &cases);
}

#[test]
fn typescript() {
    let cases = [
        (
            "function area<T extends N>(width: number, height?: T): number { return (width as any) * height!; }",
            "function name ( var var ? { return var * var !",
        ),
        (
            "interface A { x: string }\ntype B = A | null;\nenum C { D = 1 }\nexport default class E implements A { private readonly x: string = 'a'; }",
            "enum name { field = int default class name { field = str",
        ),
    ];
    check_all("typescript", &cases);
}

#[test]
fn java() {
    let cases = [
        (
            "package a.b;\nimport java.util.*;\n/* one */\npublic final class A extends B implements C {\n  @Override\n  public int area(final int width, List<String> names) throws IOException {\n    return (width + 1) * names.size();\n  }\n}",
            "class name extends type implements type { type name ( type var type < type > var throws type { return var + int * var callee (",
        ),
        (
            "Runnable r = () -> { synchronized (this) { this.x = new int[] {1, 2L}; } };",
            "type var = ( -> { synchronized ( self { self field = new type [ { int int",
        ),
        (
            "for (String s : names) if (s instanceof T) System.out.println(\"a\" + 'b' + 1.5f);",
            "for ( type var var if ( var instanceof type type field callee ( str + char + float",
        ),
        (
            "if (a) { run(b); }\nnew Thread(r) { public void run() { } };",
            "if ( var { callee ( var new callee ( var { void name ( {",
        ),
    ];
    check_all("java", &cases);
}

#[test]
fn c() {
    let cases = [
        (
            "#include <a.h>\n#define MAX(a, b) ((a) > (b) ? (a) : (b))\n#ifdef X // why\nstatic size_t area(const char *s, unsigned int n)\n{\n  return s->len + p.x[n] * sizeof(int);\n}\n#endif",
            "#define name ( var var ( var > ( var ? var var static type name ( const type * var type type var { return var field + var field [ var * sizeof ( type",
        ),
        (
            "if (foo(x) == (a | b)) { goto out; }\nchar c = '\\n', *s = L\"wide\" \"more\";",
            "if ( callee ( var == var | var { goto var type var = char * var = str str",
        ),
        (
            "struct point { int x, y; } p = { .x = 1, 0x1Fu };",
            "struct name { type var var var = { field = int int",
        ),
    ];
    check_all("c", &cases);
}

#[test]
fn cpp() {
    let cases = [
        (
            "namespace a { template <typename T> class A : public B<T> { public: A(int x) : x_(x) {} ~A(); virtual void go() const override { std::sort(v.begin(), v.end()); } }; }",
            "namespace name { template < typename type > class name public type < type > { public callee ( type var callee ( var { ~ callee ( virtual void name ( const override { type callee ( var callee ( var callee (",
        ),
        (
            "using namespace std;\nauto f = [&](auto x) { return R\"(raw \"text\")\" + x; }; delete[] p; A::b(1'000);",
            "auto var = [ & ( auto var { return str + var delete [ var type callee ( int",
        ),
    ];
    check_all("cpp", &cases);
}

#[test]
fn objective_c() {
    let cases = [(
        "#import <A.h>\n@interface A : NSObject\n- (void)run:(NSString *)s;\n@end\n@implementation A\n- (void)run:(NSString *)s { [self.x go:@\"a\" with:s]; }\n@end",
        "@interface name type - ( void var ( type * var @end @implementation name - ( void var ( type * var { [ self field var str var var @end",
    )];
    check_all("objective-c", &cases);
}

#[test]
fn go() {
    let cases = [
        (
            "package a\nimport (\n\t\"fmt\"\n)\n// one\nfunc (r *T) Area(w, h int) (int, error) {\n\tif err := r.go(w); err != nil {\n\t\treturn 0, fmt.Errorf(`x: %w`, err)\n\t}\n\treturn w * (h + 1), nil\n}",
            "func ( var * type name ( var var type ( type type { if var := var callee ( var var != nil { return int var callee ( str var return var * var + int nil",
        ),
        (
            "type P struct { X int `json:\"x\"` }\nfor i := range xs { ch <- P{X: i, Y: 'c'} }\ngo func() { defer mu.Unlock() }()",
            "type name struct { type type str for var := range var { var <- type { field var field char go func ( { defer var callee ( (",
        ),
    ];
    check_all("go", &cases);
}

#[test]
fn csharp() {
    let cases = [
        (
            "using System;\nnamespace A.B {\n  [Serializable]\n  public class A : B {\n    public int X { get; set; } = 1;\n    public A(int x) : base(x) { }\n    protected override async Task<int> Area(string s) => await Go(s?.Length ?? 0, name: $\"a{s}b\");\n  }\n}",
            "namespace name field { class name type { type type { get set = int name ( type var base ( var { async type < type > name ( type var => await callee ( var field ?? int keyword str var",
        ),
        (
            "foreach (var x in xs) { if (x is null) throw new E(@\"a\"\"b\"); }\n#region a\nlock (this) { x = (int)y; }",
            "foreach ( var var in var { if ( var is null throw new callee ( str lock ( this { var = ( type var",
        ),
    ];
    check_all("csharp", &cases);
}

#[test]
fn php() {
    let cases = [
        (
            "<html><?php\nnamespace A\\B;\nuse C\\D;\n#[Attr]\nfinal class A extends \\X\\B {\n  public function area(int $w, $h = 2): int {\n    return $this->x * self::go($w, h: \"a $h\") + static::$y;\n  }\n}\n?><b>text</b><?= $z ?>",
            "namespace name class name extends type { function name ( type var var = int type { return self field * self callee ( var keyword str + static var var",
        ),
        (
            "<?php\nforeach ($xs as $k => $v) { echo <<<EOT\ntext\nEOT;\n}\nif (!ISSET($a['k'])) { $a = fn($x) => $x . 'b'; }",
            "foreach ( var as var => var { echo str if ( ! isset ( var [ str { var = fn ( var => var . str",
        ),
    ];
    check_all("php", &cases);
}

#[test]
fn ruby() {
    let cases = [
        (
            "require 'a'\n# one\nclass A < B\n  attr_reader :x\n  def self.area(w, h: 2)\n    @x ||= w * (h + 1)\n    items.each { |i| puts \"a #{i.go} b\" unless i.nil? }\n  end\nend",
            "class name < type attr_reader str def self name ( var var int field ||= var * ( var + int var field { | var | callee str var field unless var field end end",
        ),
        (
            "=begin\ndoc\n=end\nx = <<~EOS\n  text\nEOS\ny = s =~ /re/ ? :sym : {key: 1, 'k' => %w[a b]}",
            "var = str var = var =~ str ? str { field int str => str",
        ),
    ];
    check_all("ruby", &cases);
}

#[test]
fn shell() {
    let cases = [
        (
            "#!/bin/sh\n# one\narea() {\n  local w=\"$1\"\n  if [ -f \"$w\" ]; then\n    grep -q foo ${w%.*} | cat > /dev/null && return 1\n  fi\n}\nfor i in a b; do echo $i; done",
            "name ( { local var = str if [ str str then callee str str var | callee > str && return callee fi for var in str str do callee var done",
        ),
        ("cat <<EOF\ntext $x\nEOF\nexport A=$(date +%s)", "callee str export type = ( callee str"),
    ];
    check_all("shell", &cases);
}

#[test]
fn kotlin() {
    let cases = [
        (
            "package a\nimport b.c\n@Test\ndata class A(val x: Int = 1) : B() {\n  override fun area(w: Int): Int? = w?.let { it * x } ?: 0\n  fun <T> List<T>.go(): String { return \"a ${this.size} b\" }\n}",
            "data class name ( val var type = int callee ( { fun name ( var type type ? = var field { it * var ?: int fun < type > type < type > name ( type { return str self field",
        ),
        (
            "when (x) { is A -> go(name = 1); else -> null }",
            "when ( var { is type -> callee ( keyword = int else -> null",
        ),
    ];
    check_all("kotlin", &cases);
}

#[test]
fn swift() {
    let cases = [(
        "import UIKit\n@objc public class A: B {\n  private var x: Int = 1\n  func area(of w: Int, _ h: Double) throws -> Int {\n    guard let y = self.x else { return 0 }\n    return go(with: y, \"a \\(w) b\") ?? 1\n  }\n}",
        "class name type { var var type = int func name ( var var type var var type throws -> type { guard let var = self field else { return int return callee ( keyword var str var ?? int",
    )];
    check_all("swift", &cases);
}

#[test]
fn lua() {
    let cases = [(
        "-- one\n--[[ two\n]]\nlocal function area(w, h)\n  return w * (h + 1) .. [[long]]\nend\nfunction a.b:go(x) self.y = #x; if not x then return nil end end",
        "local function name ( var var return var * var + int .. str end function name field name ( var self field = # var if not var then return nil end end",
    )];
    check_all("lua", &cases);
}

#[test]
fn r() {
    let cases = [(
        "# one\nlibrary(a)\narea <- function(w, h = 2) {\n  x$y[1] <- sum(w, na.rm = TRUE) %in% c(1L, 2e3)\n  if (is.null(x)) return(NULL)\n  stats::sd(x) |> print()\n}",
        "name <- function ( var keyword = int { var field [ int <- callee ( var keyword = TRUE %in% callee ( int float if ( callee ( var return ( NULL type callee ( var |> callee (",
    )];
    check_all("r", &cases);
}

#[test]
fn perl() {
    let cases = [(
        "package A::B;\nuse strict;\n# one\nsub area {\n  my ($self, $w) = @_;\n  my %h = (key => 'v');\n  return $self->{x} * $w->go(\"a\") unless $w =~ m/re/;\n}\n1;\n\n=pod\n\ndoc\n\n=cut\n\nforeach my $k (keys %h) { print $h{$k} % 2; }",
        "sub name { my ( self var = var my var = var => str return self { x * var callee ( str unless var =~ str int foreach my callee ( keys var { print var { var % int",
    )];
    check_all("perl", &cases);
}

#[test]
fn scala() {
    let cases = [(
        "package a\nimport b.c\ncase class A(x: Int) extends B {\n  def area(w: Int): Int = w match { case 0 => x; case _ if w > 1 => s\"a ${w} b\".length }\n  val y = for (i <- xs) yield i * 2\n}",
        "case class name ( var type extends type { def name ( var type type = var match { case int => var case _ if var > int => str var field val var = for ( var <- var yield var * int",
    )];
    check_all("scala", &cases);
}

#[test]
fn sql() {
    let cases = [(
        "-- one\nSELECT a.x, COUNT(*) AS n FROM t a JOIN u ON a.id = u.id WHERE name = 'it''s' AND x >= 1.5;\ncreate table t (id integer primary key);",
        "select var field callee ( * as var from var var join var on var field = var field where var = str and var >= float create table name ( var integer primary key",
    )];
    check_all("sql", &cases);
}

#[test]
fn dart() {
    let cases = [(
        "import 'a.dart';\n/// one\nclass A extends B {\n  final int x;\n  A(this.x);\n  @override\n  int area(int w, {int h = 2}) => w * (h + 1);\n  Future<void> go() async { print('a ${x} b'); f(name: 1); }\n}",
        "class name extends type { int var callee ( self field int name ( int var { int var = int => var * var + int type < void > name ( async { callee ( str var callee ( keyword int",
    )];
    check_all("dart", &cases);
}

#[test]
fn zig() {
    let cases = [(
        "// one\npub fn area(w: u32, h: u32) !u32 {\n    const x = @import(\"a\");\n    if (w == 0) return error.Bad;\n    return w * (h + 1);\n}",
        "fn name ( var var var var ! var { const var = @ callee ( str if ( var == int return error field return var * var + int",
    )];
    check_all("zig", &cases);
}

#[test]
fn other_languages() {
    let cases = [(
        "// one\ndef area(int w, h = 2) {\n  return w * (h + 1) + \"a\"\n}",
        "def name ( var var var = int { return var * var + int + str",
    )];
    check_all("other", &cases);
}

/// What the languages of a family share is the same token in each.
#[test]
fn languages_of_a_family_give_the_same_tokens() {
    let typed = "export async function area(width: number, items: Item[]): Promise<number> {\n  const all = items.map((x: Item) => x.size as number);\n  return width * all.length;\n}";
    let plain = "export async function area(width, items) {\n  const all = items.map((x) => x.size);\n  return width * all.length;\n}";
    let of = |name: &str, text: &str| {
        let stream = stream(name, text);
        (stream.classes().to_vec(), stream.names().to_vec())
    };
    assert_eq!(of("typescript", typed), of("javascript", plain));
    assert_eq!(of("tsx", typed), of("javascript", plain));
    let shared = "static int area(int w, struct item *items) {\n  return w * items->size;\n}\n";
    assert_eq!(of("c", shared), of("cpp", shared));
    assert_eq!(of("c", shared), of("objective-c", shared));
}

/// Whatever a text holds is read once: a lexer neither fails nor takes long.
#[test]
fn hostile_texts_are_read_in_linear_time() {
    let units = [
        "/*",
        "\"",
        "'",
        "`",
        "${",
        "`${",
        "\"\"\"",
        "<<A\n",
        "<<-EOS\n",
        "/",
        "/[",
        "#{",
        "\"#{",
        "(",
        "{[(",
        ")",
        "<?php ",
        "?>",
        "\\\n",
        "@a(",
        "#[",
        "[A(",
        "R\"(",
        "--[[",
        "=begin\n",
        "$(",
        "\"$(",
        "q(",
        "m/",
        "#define \\\n",
        "import {",
        "\u{1}",
        "=head\n",
        "fun <",
        "a.b",
        "f(",
        "f(a) ",
        "x ? ",
        "0x",
        "1e",
        "\n",
        "é",
    ];
    for language in Language::all().filter(|language| language.lexicon().is_some()) {
        for unit in units {
            let text = unit.repeat(20_000 / unit.len());
            let source = source(language.name(), text.as_str());
            let stream = Tokenizer::new().tokenize_in_pieces(&source);
            let bytes: u64 =
                stream.spans().iter().map(|span| u64::from(span.end - span.start)).sum();
            assert!(bytes <= 2 * text.len() as u64, "{}: {unit:?}", language.name());
            Tokenizer::new().layout(&source).statement_below(&source, 0);
        }
    }
}

/// Each of these once took a step for each pair of bytes: what is sought stands nowhere.
#[test]
fn a_megabyte_of_what_may_end_later_is_read_once() {
    for (name, text) in [
        ("ruby", "<<A ".repeat(1 << 18)),
        ("shell", "<<A ".repeat(1 << 18)),
        ("java", format!("import a,{}", "\n".repeat(1 << 20))),
    ] {
        let source = source(name, text.as_str());
        let stream = Tokenizer::new().tokenize_in_pieces(&source);
        assert!(stream.gaps().is_empty(), "{name}");
    }
}

/// A block is code, whatever word it begins with.
#[test]
fn blocks_behind_words_of_imports_are_read() {
    for (name, text) in [
        ("c", "extern \"C\" {\nint area(int w) { return w; }\n}\n"),
        ("csharp", "class A { void F() {\n  using (var x = Open()) {\n    x.area();\n  }\n} }\n"),
        ("perl", "package A {\n  sub area { return 1; }\n}\n"),
        ("scala", "package a {\n  class B { def area = 1 }\n}\n"),
        ("php", "<?php\n$f = function ($w)\nuse ($h) {\n  return area($w, $h);\n};\n"),
    ] {
        let source = source(name, text);
        let stream = tokenize(&source);
        let is_read = |span: &birthmark::text::span::ByteSpan| {
            &text[span.start as usize..span.end as usize] == "area"
        };
        assert!(stream.spans().iter().any(is_read), "{name}: {}", line(language(name), &stream));
    }
}

#[test]
fn spans_lie_in_the_text_and_in_order() {
    let texts = [
        "a(b) { return \"c ${d.e(1)} f\"; } // g\n",
        "x = `a${b}c`\ny \"#{z.go 1}\"\n",
        "<?php f(1); ?> b <? $c",
    ];
    for language in Language::all() {
        for text in texts {
            let source = source(language.name(), text);
            let spans = tokenize(&source).spans().to_vec();
            assert!(
                spans.iter().all(|span| span.start < span.end && span.end as usize <= text.len())
            );
            assert!(
                spans.windows(2).all(|pair| pair[0].start <= pair[1].start),
                "{}: {text}",
                language.name()
            );
        }
    }
}

/// Comments, and where another may stand.
#[test]
fn comments_are_found_and_places_are_between_statements() {
    let cases = [
        ("java", "/* a */ class A { // b\n  int x = f(1,\n    2);\n}\n", 2, vec![1, 2, 4]),
        ("go", "// a\nfunc f() {\n\tx := g(`\n`)\n}\n", 1, vec![1, 2, 3, 5]),
        ("shell", "# a\nf() {\n  cat <<E\n# no\nE\n}\n", 1, vec![1, 2, 3, 6]),
        ("lua", "--[[ a\n]]\nlocal x = 1 -- b\n", 2, vec![1, 3]),
    ];
    for (name, text, comments, places) in cases {
        let source = source(name, text);
        let layout = Tokenizer::new().layout(&source);
        assert_eq!(layout.comments().len(), comments, "{name}");
        let lines = 1..=source.line_count();
        let found: Vec<u32> =
            lines.filter(|&line| layout.is_between_statements(&source, line)).collect();
        assert_eq!(found, places, "{name}");
    }
}

#[test]
fn a_statement_reaches_to_the_end_of_its_block() {
    let cases = [
        ("csharp", "// a\npublic void F()\n{\n  G();\n}\nint x;\n", 5),
        ("ruby", "# a\ndef f\n  g\nend\nx = 1\n", 4),
        ("shell", "# a\nif a; then\n  b\nelse\n  c\nfi\nd\n", 6),
        ("java", "// a\nfoo(1,\n  2);\nbar();\n", 3),
        ("lua", "-- a\nx = 1\ny = 2\n", 2),
    ];
    for (name, text, last) in cases {
        let source = source(name, text);
        let below =
            Tokenizer::new().layout(&source).statement_below(&source, 1).expect("a statement");
        assert_eq!((below.first, below.last), (2, last), "{name}");
    }
}

/// The page lists what the table holds.
#[test]
fn the_page_of_languages_names_them_all() {
    let page = include_str!("../../docs/languages.md");
    for language in Language::all() {
        let row = language.row();
        let files = row.extensions.iter().map(|extension| format!("`.{extension}`"));
        let files = files.chain(row.file_names.iter().map(|name| format!("`{name}`")));
        let read_by = if language.grammar().is_some() { "grammar" } else { "lexer" };
        let line = format!(
            "| {} | {} | {} | {read_by} |",
            row.title,
            language.family().name(),
            files.collect::<Vec<_>>().join(" "),
        );
        assert!(page.contains(&line), "docs/languages.md lacks {line}");
    }
}
