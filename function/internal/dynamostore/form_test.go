package dynamostore

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// thrice is a kind of items that had two forms before: the second counts in hundreds, and the third calls that another name.
var thrice = form{what: "count", sort: "COUNT", migrate: []func(item) error{
	func(i item) error {
		r := raw(i)
		i["n"] = number(r.number("n") * 100)
		return *r.err
	},
	func(i item) error {
		if _, ok := i["n"]; !ok {
			return errors.New("it has no n")
		}
		i["cents"] = i["n"]
		delete(i, "n")
		return nil
	},
}}

func TestAnItemOfAFormerFormIsMigratedAsItIsRead(t *testing.T) {
	key := keyOf("X#1", "COUNT")
	made := func(attributes item) item {
		i := keyOf("X#1", "COUNT")
		for name, v := range attributes {
			i[name] = v
		}
		return i
	}
	want := made(item{"cents": number(700), schemaKey: number(3)})
	for name, stored := range map[string]item{
		"without a number": made(item{"n": number(7)}),
		"the first":        made(item{"n": number(7), schemaKey: number(1)}),
		"the second":       made(item{"n": number(700), schemaKey: number(2)}),
		"the present one":  made(item{"cents": number(700), schemaKey: number(3)}),
	} {
		before := made(stored)
		got, err := thrice.present(stored)
		if err != nil || !same(got, want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if !same(stored, before) {
			t.Errorf("%s: what was read has changed", name)
		}
	}
	for name, stored := range map[string]item{
		"no count":     made(item{schemaKey: number(0)}),
		"no number":    made(item{schemaKey: text("2")}),
		"not migrated": made(item{schemaKey: number(2)}),
		"not read":     made(item{"n": text("7")}),
	} {
		var newer *finding.NewerError
		if _, err := thrice.present(stored); err == nil || errors.As(err, &newer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := thrice.present(made(item{schemaKey: number(4)}))
	var newer *finding.NewerError
	if !errors.As(err, &newer) || *newer != (finding.NewerError{Item: nameOf(key), Schema: 4, Known: 3}) {
		t.Errorf("a later form: %v", err)
	}
}

func TestEachKindOfItemHasOneForm(t *testing.T) {
	keys := map[string]item{
		"state": keyOf(prefixRole+"r", sortState), "document": keyOf(prefixDocument+"h", sortDocument), "message": keyOf(prefixMessage+"m", sortMessage),
		"function version": entry{}.key(), "refused call": keyOf(prefixRefused+"f", prefixRole+"r"),
		"sweep": sweepKey("a"), "tally": tallyKey("a"), "notice": keyOf(prefixAccount+"a", sortNotice+"k"),
		"episodes": episodesKey("a"), "times": marksKey("a"), "change": changeKey("a", "c", sortChange), "mark of a slice": changeKey("a", "c", sortDone+"000001"),
		"slice": changeKey("a", "c", sortSlice+"000001"), "entry of the digest": digestKey("a", "e"),
		"acts": actsKey("r"), "call of the command function": keyOf(deploy.CallsPrefix+"a", sortCall+"1"),
		"inventory": inventoryKey("a", sortInventory), "page of an inventory": inventoryKey("a", sortPage+"1-a"),
		"part of what the hub keeps": keptKey("n", 0), "count of a minute": keyOf(prefixAccount+"a", sortCount+"2026-03-02T09:00:00Z"),
	}
	var kinds []string
	for _, f := range forms {
		kinds = append(kinds, f.what)
		key, ok := keys[f.what]
		if got, found := formOf(key); !ok || !found || got.what != f.what {
			t.Errorf("%s: the item %v has the form %q", f.what, key, got.what)
		}
	}
	if len(kinds) != len(keys) {
		t.Errorf("kinds %q", kinds)
	}
	if f, _ := formOf(keys["state"]); f.schema() != finding.Schema {
		t.Errorf("a state's item has schema %d, and its body %d", f.schema(), finding.Schema)
	}
	if f, ok := formOf(keyOf("X#1", "LATER")); ok {
		t.Errorf("an item of a kind that a later release adds has the form %q", f.what)
	}
}

// A kind of items that a search for uses does not know would be used by nothing that it names, and docs/table.md lists each.
func TestEachKindOfItemHasItsUsesAndItsRow(t *testing.T) {
	page, err := os.ReadFile("../../../docs/table.md")
	if err != nil {
		t.Fatal(err)
	}
	known := 0
	for _, f := range forms {
		sort := f.sort
		if strings.HasSuffix(sort, "#") {
			sort += "x"
		}
		if err := newUses(time.Unix(0, 0)).add(keyOf("X#1", sort)); errors.Is(err, errUnknownKind) {
			t.Errorf("%s: %v", f.what, err)
		}
		if !strings.Contains(string(page), "| `"+f.sort+"`") {
			t.Errorf("docs/table.md has no row for the sort key %s", f.sort)
		}
		known++
	}
	if known < 8 {
		t.Errorf("%d kinds", known)
	}
}

func TestErrorsOfWhatIsNotReadName(t *testing.T) {
	newer := &finding.NewerError{Item: "ROLE#a STATE", Schema: 3, Known: 1}
	err := error(&finding.UnreadError{Roles: map[string]error{"b": errors.New("flate: corrupt"), "a": newer}})
	var got *finding.NewerError
	if !errors.As(err, &got) || got != newer {
		t.Errorf("%v does not wrap what it says", err)
	}
	want := "state of a: a newer release of rolewatch stored the item ROLE#a STATE: it has schema 3, and this release reads up to 1. " +
		"Deploy that release again to read it; state of b: flate: corrupt"
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
