package coverage_test

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/coverage"
)

// list finds the rows of a kind for a service and type.
func list(t *testing.T, k coverage.Kind, service, of string) coverage.List {
	t.Helper()
	for _, l := range coverage.Lists() {
		if l.Kind == k && l.Service == service && (of == "" || slices.Contains(l.Types, of)) {
			return l
		}
	}
	t.Errorf("coverage has no list of %s for %s %s: add one", k, service, of)
	return coverage.List{}
}

// compare reports by name what AWS has and no row classifies, and rows for what AWS does not have.
func compare(t *testing.T, of string, rows []coverage.Row, there []string) {
	t.Helper()
	for _, text := range differences(of, rows, there) {
		t.Error(text)
	}
}

func differences(of string, rows []coverage.Row, there []string) (texts []string) {
	known := map[string]bool{}
	for _, r := range rows {
		if known[r.Name] {
			texts = append(texts, of+": "+r.Name+" has two rows")
		}
		known[r.Name] = true
		if !slices.Contains(there, r.Name) {
			texts = append(texts, "GONE from "+of+": "+r.Name+". Delete its row in function/internal/coverage")
		}
	}
	for _, name := range there {
		if !known[name] {
			texts = append(texts, "NEW in "+of+": "+name+". Classify it in function/internal/coverage: judged, not judged yet, or of no concern, with a sentence")
		}
	}
	return texts
}

// TestEachRowIsMissed takes each row out of its list, and adds one for what AWS does not have: both are reported by name.
func TestEachRowIsMissed(t *testing.T) {
	taken := 0
	for _, l := range coverage.Lists() {
		var there []string
		for _, r := range l.Rows {
			there = append(there, r.Name)
		}
		for i, r := range l.Rows {
			taken++
			got := differences("AWS", slices.Delete(slices.Clone(l.Rows), i, i+1), there)
			if len(got) != 1 || !strings.HasPrefix(got[0], "NEW in AWS: "+r.Name+".") {
				t.Errorf("without the row of %s: %q", r.Name, got)
			}
		}
		more := append(slices.Clone(l.Rows), coverage.Row{Name: "Nothing"})
		if got := differences("AWS", more, there); len(got) != 1 || !strings.HasPrefix(got[0], "GONE from AWS: Nothing.") {
			t.Errorf("with a row for nothing: %q", got)
		}
	}
	if taken < 400 {
		t.Fatalf("%d rows: the test does not see them", taken)
	}
}

func TestEveryOperationThatChangesSomethingIsClassified(t *testing.T) {
	for _, service := range slices.Sorted(maps.Keys(clients)) {
		compare(t, service+" operations", list(t, coverage.Operations, service, "").Rows, changesOf(t, service))
	}
	logCounts(t, coverage.Operations)
}

func TestEveryFieldIsClassified(t *testing.T) {
	for _, structure := range structures {
		l := list(t, coverage.Fields, serviceOf(structure), structure.Name())
		rows := map[string]bool{}
		for _, r := range l.Rows {
			rows[r.Name] = true
		}
		var there []string
		fieldsOf(structure, "", rows, func(path string, _ reflect.Type) { there = append(there, path) })
		compare(t, "the fields of "+serviceOf(structure)+" "+structure.Name(), l.Rows, there)
	}
	logCounts(t, coverage.Fields)
}

func TestEveryValueThatChecksReadIsClassified(t *testing.T) {
	types := map[string]reflect.Type{}
	for _, v := range valued {
		types[serviceOf(v)+" "+v.Name()] = v
	}
	for _, structure := range structures {
		l := list(t, coverage.Fields, serviceOf(structure), structure.Name())
		rows, judged := map[string]bool{}, map[string]bool{}
		for _, r := range l.Rows {
			rows[r.Name], judged[r.Name] = true, r.Class == coverage.Judged
		}
		fieldsOf(structure, "", rows, func(path string, holds reflect.Type) {
			if judged[path] && len(valuesOf(holds)) > 0 {
				types[serviceOf(holds)+" "+holds.Name()] = holds
			}
		})
	}
	listed := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(types)) {
		v := types[name]
		values := valuesOf(v)
		if len(values) == 0 {
			t.Fatalf("%s has no values: the test does not see them", name)
		}
		first := list(t, coverage.Values, serviceOf(v), v.Name()).Types
		if len(first) > 0 {
			key := serviceOf(v) + " " + strings.Join(first, " and ")
			listed[key] = append(listed[key], values...)
		}
	}
	for _, l := range coverage.Lists() {
		if l.Kind != coverage.Values {
			continue
		}
		key := l.Service + " " + strings.Join(l.Types, " and ")
		there := listed[key]
		slices.Sort(there)
		compare(t, "the values of "+key, l.Rows, slices.Compact(there))
	}
	logCounts(t, coverage.Values)
}

// serviceOf is the SDK's name of the service that a type is of.
func serviceOf(t reflect.Type) string {
	_, rest, _ := strings.Cut(t.PkgPath(), "/service/")
	service, _, _ := strings.Cut(rest, "/")
	return service
}

func logCounts(t *testing.T, k coverage.Kind) {
	t.Helper()
	n := coverage.Counts(k)
	if n[coverage.Judged] == 0 || n[coverage.NoConcern] == 0 {
		t.Fatalf("%s: a class has no row: %v", k, n)
	}
	t.Logf("%s: %d judged, %d not judged yet, %d of no concern", k, n[coverage.Judged], n[coverage.NotYet], n[coverage.NoConcern])
}

var checkID = regexp.MustCompile(`RW\d{3}`)

// TestEachRowSaysWhoJudgesOrWhyNot holds that the checks that rows name exist, and that a row that is not in the table of events has
// a sentence.
func TestEachRowSaysWhoJudgesOrWhyNot(t *testing.T) {
	named := 0
	for _, l := range coverage.Lists() {
		for _, r := range l.Rows {
			ids := checkID.FindAllString(r.Says, -1)
			for _, id := range ids {
				named++
				if _, ok := catalogue.Find(id); !ok {
					t.Errorf("%s %s: %s is not a check", l.Service, r.Name, id)
				}
			}
			if r.Event != (r.Says == "") || !r.Event && !strings.HasSuffix(r.Says, ".") {
				t.Errorf("%s %s: a row has either an event or a sentence, and this one says %q", l.Service, r.Name, r.Says)
			}
			if l.Kind == coverage.Operations && r.Class == coverage.Judged && !r.Event && len(ids) == 0 {
				t.Errorf("%s %s: judged, and neither an event nor a check is named", l.Service, r.Name)
			}
		}
	}
	if named == 0 {
		t.Fatal("no row names a check")
	}
}

// TestTheOperationsAgreeWithTheTableOfEvents holds both directions: what is judged by its event is in the table of events, and each
// of that table's rows is judged here.
func TestTheOperationsAgreeWithTheTableOfEvents(t *testing.T) {
	listed := 0
	for _, e := range events.Catalog() {
		service := aws.ServiceName(e.Source)
		if clients[service] == nil {
			t.Errorf("the table of events has %s of %s, whose operations are not classified", e.Name, e.Source)
			continue
		}
		for _, r := range list(t, coverage.Operations, service, "").Rows {
			if r.Name == e.Name && r.Event {
				listed++
			} else if r.Name == e.Name {
				t.Errorf("the table of events has %s of %s: write event(%q) in place of its row (%s)", e.Name, service, e.Name, r.Class)
			}
		}
	}
	if listed == 0 {
		t.Fatal("no event is listed")
	}
	for _, l := range coverage.Lists() {
		for _, r := range l.Rows {
			if r.Event {
				if _, ok := events.Lookup(l.Service+aws.ServiceDomain, r.Name); !ok {
					t.Errorf("%s %s is judged by its event, and the table of events does not have it", l.Service, r.Name)
				}
			}
		}
	}
	t.Logf("%d events", listed)
}

// TestTheRowsAreAboutThePinnedSDKs holds that the versions that rows were compared with are those of go.mod, and the day.
func TestTheRowsAreAboutThePinnedSDKs(t *testing.T) {
	const file = "../../../go.mod"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse(file, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	pinned := map[string]string{}
	for _, r := range mod.Require {
		pinned[r.Mod.Path] = r.Mod.Version
	}
	if len(coverage.SDKs()) != len(clients) {
		t.Errorf("%d SDKs, want %d", len(coverage.SDKs()), len(clients))
	}
	for _, s := range coverage.SDKs() {
		if clients[s.Service] == nil || pinned[s.Module()] != s.Version {
			t.Errorf("%s: compared with %s, and go.mod has %q: compare the rows, and run make refresh", s.Service, s.Version, pinned[s.Module()])
		}
	}
	if day, err := time.Parse(time.DateOnly, coverage.Compared); err != nil || day.Year() < 2026 {
		t.Errorf("compared on %q, which is not a day: %v", coverage.Compared, err)
	}
}
