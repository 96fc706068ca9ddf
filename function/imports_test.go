package main

import (
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/rolewatch/rolewatch/"

// layers says which packages of this module a package may import. A key covers the packages below it. Imports run
// downwards only; adapters never import watch, and the policy language and the event table know nothing of the rest but the
// facts of AWS.
var layers = map[string][]string{
	"function/aws":                       {},
	"function/deploy":                    {},
	"events":                             {"function/aws"},
	"function/policy":                    {"function/aws", "function/internal/words", "function/policy/actions", "function/policy/internal", "function/policy/rules"},
	"function/policy/actions":            {"function/policy/actions/internal/format", "function/policy/internal/ascii"},
	"function/policy/internal/combine":   {},
	"function/policy/internal/jsontoken": {},
	"function/policy/internal/language":  {},
	"function/policy/internal/ascii":     {},
	"function/policy/rules":              {},
	"function/policy/internal/solve":     {"function/policy/internal/language"},
	"function/policy/policyfile":         {"function/internal/words", "function/policy"},
	"function/policy/policyjson":         {"function/aws", "function/policy"},
	"function/internal/words":            {},
	"function/internal/diagram":          {},
	"function/internal/role":             {"function/aws", "function/internal/words", "function/policy"},
	"function/internal/ask":              {"function/aws", "function/internal/role", "function/policy"},
	"function/internal/reach":            {"function/aws", "function/internal/ask", "function/internal/parallel", "function/internal/role", "function/policy"},
	"function/internal/inventory":        {"function/aws", "function/internal/reach", "function/internal/role", "function/policy"},
	"function/internal/check":            {"function/internal/reach", "function/internal/role", "function/policy"},
	"function/internal/finding":          {"events", "function/aws", "function/internal/check", "function/internal/role", "function/internal/words", "function/policy"},
	"function/internal/catalogue":        {"function/internal/catalogue", "function/internal/check"},
	"function/internal/catalogue/trust": {
		"function/aws", "function/internal/ask", "function/internal/catalogue/effective", "function/internal/catalogue/rewrite", "function/internal/check", "function/internal/role",
		"function/internal/words", "function/policy",
	},
	"function/internal/catalogue/needs":     append([]string{"function/internal/catalogue/trust"}, families...),
	"function/internal/catalogue/refusal":   append([]string{"function/internal/catalogue/needs", "function/internal/catalogue/trust"}, families...),
	"function/internal/catalogue/danger":    append([]string{"function/deploy", "function/internal/reach"}, families...),
	"function/internal/catalogue/exposure":  append([]string{"function/internal/catalogue/danger"}, families...),
	"function/internal/catalogue/hygiene":   families,
	"function/internal/catalogue/effective": {"function/aws", "function/internal/ask", "function/internal/check", "function/internal/role", "function/policy"},
	"function/internal/catalogue/rewrite":   {"function/internal/check", "function/policy"},
	"function/internal/catalogue/examples":  {},
	"function/internal/catalogue/page":      {"events", "function/aws", "function/internal/catalogue", "function/internal/check", "function/internal/coverage", "function/policy/rules"},
	"function/internal/coverage":            {},
	"function/internal/message":             {"events", "function/aws", "function/deploy", "function/internal/words", "function/internal/message", "function/internal/finding", "function/internal/check", "function/internal/role"},
	"function/internal/message/terminal":    {"function/internal/message", "function/internal/finding", "function/internal/check", "function/internal/role"},
	"function/internal/routing":             {"function/internal/check", "function/internal/finding", "function/internal/words"},
	"function/internal/inforce":             {"function/internal/check", "function/internal/role", "function/policy"},
	"function/settings":                     {"function/aws", "function/deploy", "function/internal/catalogue", "function/internal/check", "function/internal/inforce", "function/internal/message", "function/internal/reach", "function/internal/routing", "function/internal/words", "function/policy", "function/internal/finding"},
	"function/internal/watch": {
		"events", "function/aws", "function/deploy", "function/policy", "function/internal/role", "function/internal/check", "function/internal/finding",
		"function/internal/catalogue", "function/internal/episode", "function/internal/fanin", "function/internal/inforce", "function/internal/inventory", "function/internal/message", "function/internal/reach", "function/internal/reconcile", "function/internal/routing", "function/internal/selfcheck", "function/internal/words",
	},
	"function/internal/reconcile": {
		"events", "function/aws", "function/deploy", "function/policy", "function/internal/role", "function/internal/reach", "function/internal/recorded", "function/internal/check", "function/internal/finding", "function/internal/inforce",
	},
	"function/internal/recorded":     {"events", "function/internal/role"},
	"function/internal/episode":      {},
	"function/internal/fanin":        {"function/internal/finding", "function/internal/message"},
	"function/internal/selfcheck":    {"function/aws", "function/deploy", "function/internal/episode", "function/internal/finding", "function/internal/role"},
	"function/internal/parallel":     {},
	"function/internal/scan":         {"function/aws", "function/internal/parallel", "function/internal/reach", "function/internal/reconcile", "function/internal/role", "function/internal/check", "function/internal/finding", "function/internal/inforce"},
	"function/internal/diagnosis":    {"events", "function/aws", "function/policy", "function/internal/words", "function/internal/scan", "function/internal/reconcile", "function/internal/recorded", "function/internal/role", "function/internal/check", "function/internal/finding"},
	"function/internal/intake":       {"function/deploy", "function/internal/watch"},
	"function/internal/hub":          {"events", "function/aws", "function/deploy", "function/internal/episode", "function/internal/finding", "function/internal/inventory", "function/internal/organization", "function/internal/parallel", "function/internal/reach", "function/internal/reconcile", "function/internal/role", "function/internal/selfcheck", "function/internal/watch", "function/internal/words"},
	"function/internal/redrive":      {"function/internal/sqsqueue"},
	"function/internal/awsaccount":   adapters,
	"function/internal/awsself":      append([]string{"function/internal/awsaccount", "function/internal/selfcheck"}, adapters...),
	"function/internal/dynamostore":  adapters,
	"function/internal/eventhistory": append([]string{"function/internal/awsaccount"}, adapters...),
	"function/internal/snstopic":     adapters,
	"function/internal/sqsqueue":     adapters,
	"function/internal/memory":       adapters,
	"function/internal/export":       append([]string{"function/internal/parallel", "function/internal/words"}, adapters...),
	"function/internal/command":      {"function/aws", "function/internal/check", "function/internal/finding", "function/internal/parallel", "function/internal/role", "function/internal/words"},
	"function/internal/eventbus":     adapters,
	"function/internal/capture":      append([]string{"function/internal/awsaccount", "function/internal/export"}, adapters...),
	"function/internal/organization": append([]string{"function/internal/awsaccount", "function/internal/words"}, adapters...),
	"function/internal/prerequisite": {"function/settings", "function/internal/awsaccount", "function/internal/organization", "function/internal/role", "function/internal/selfcheck"},
	"function/internal/history":      append([]string{"events", "function/internal/recorded"}, adapters...),
	"function/internal/awstest":      {},
	"function/internal/largeaccount": {"function/internal/largeaccount"},
	"function/cmd/rolewatch":         {"events", "function/aws", "function/deploy", "function/policy", "function/settings", "function/internal"},
	"function":                       {"events", "function/aws", "function/deploy", "function/policy", "function/settings", "function/internal"},
	"function/e2e":                   {"events", "function/aws", "function/deploy", "function/policy", "function/settings", "function/internal"},
	"function/externaldata":          {},
	"infra":                          {"events", "function/aws", "function/deploy", "function/settings"},
	"tools/cost":                     {"function/deploy"},
	"tools/mutants":                  {"tools/mutants"},

	"function/internal/interpreter":          {},
	"function/internal/interpreter/universe": {"function/internal/interpreter"},
}

// families are what the checks that judge permissions import.
var families = []string{
	"function/aws", "function/internal/ask", "function/internal/catalogue/effective", "function/internal/catalogue/rewrite", "function/internal/check",
	"function/internal/role", "function/internal/words", "function/policy",
}

// adapters connect the rest to something outside.
var adapters = []string{
	"function/aws", "function/deploy", "function/policy", "function/internal/role", "function/internal/check", "function/internal/finding",
	"function/internal/message", "function/internal/episode", "function/internal/fanin", "function/internal/inventory", "function/internal/reach",
}

// TestImportsRunDownwards parses the import lines of every file that is not a test.
func TestImportsRunDownwards(t *testing.T) {
	read, packages := 0, map[string]bool{}
	for _, file := range sourceFiles(t) {
		pkg := path.Dir(file.rel)
		key := roomOf(pkg)
		if key == "" {
			t.Errorf("%s: package %s is in no layer", file.rel, pkg)
			continue
		}
		read++
		packages[pkg] = true
		allowed := layers[key]
		for _, imported := range importsOf(t, file.path) {
			if imported != pkg && !slices.ContainsFunc(allowed, func(a string) bool { return imported == a || strings.HasPrefix(imported, a+"/") }) {
				t.Errorf("%s: %s may not import %s", file.rel, pkg, imported)
			}
		}
	}
	if read < 20 || len(packages) < 10 {
		t.Fatalf("read %d files of %d packages: the walk does not see the code", read, len(packages))
	}
	t.Logf("read %d files of %d packages", read, len(packages))
}

// TestTheInterpreterStandsApart holds that the second reading of the policy language shares nothing with the first, so that it
// can judge it, and that only tests import it.
func TestTheInterpreterStandsApart(t *testing.T) {
	const apart = "function/internal/interpreter"
	own, users := 0, 0
	for _, file := range goFiles(t) {
		pkg := path.Dir(file.rel)
		if pkg == apart && !file.test {
			own++
			for _, imported := range allImportsOf(t, file.path) {
				if strings.Contains(imported, ".") {
					t.Errorf("%s imports %s, which is not of the standard library", file.rel, imported)
				}
			}
		}
		for _, imported := range importsOf(t, file.path) {
			if imported != apart && !strings.HasPrefix(imported, apart+"/") {
				continue
			}
			users++
			if !file.test && !strings.HasPrefix(pkg, apart+"/") {
				t.Errorf("%s imports %s, which is for tests alone", file.rel, imported)
			}
		}
	}
	if own == 0 || users == 0 {
		t.Fatalf("read %d files of the interpreter, and %d imports of it", own, users)
	}
}

func importsOf(t *testing.T, file string) []string {
	t.Helper()
	var out []string
	for _, name := range allImportsOf(t, file) {
		if ours, ok := strings.CutPrefix(name, module); ok {
			out = append(out, ours)
		}
	}
	return out
}

func allImportsOf(t *testing.T, file string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, spec := range f.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, name)
	}
	return out
}

// isAdapter reports whether a package connects the rest to something outside.
func isAdapter(pkg string) bool {
	allowed := layers[pkg]
	return len(allowed) >= len(adapters) && slices.Equal(allowed[len(allowed)-len(adapters):], adapters)
}
