package dynamostore

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// schemaKey is the attribute with the number of an item's form. An item without it has form 1.
const schemaKey = "schema"

// notNewer is the condition that the item which is there, if any, is not of a newer release. Its value is :schema.
const notNewer = "(attribute_not_exists(#" + schemaKey + ") OR #" + schemaKey + " <= :" + schemaKey + ")"

// form is the form of the items of one kind. An attribute that is added, and that a former release may leave out, is no other
// form: a form has another number when a former release would misread the item.
type form struct {
	// what is an item of this kind, in words.
	what string
	// sort is the sort key, or how it begins if it ends in "#".
	sort string
	// migrate[n] makes an item of form n+1 one of form n+2, in place.
	migrate []func(item) error
}

// forms are the kinds of items.
var forms = []form{
	{what: "state", sort: sortState},
	{what: "document", sort: sortDocument},
	{what: "message", sort: sortMessage},
	{what: "function version", sort: sortVersion},
	{what: "refused call", sort: prefixRole},
	{what: "sweep", sort: sortSweep},
	{what: "tally", sort: sortTally},
	{what: "notice", sort: sortNotice},
	{what: "episodes", sort: sortEpisodes},
	{what: "times", sort: sortMarks},
	{what: "change", sort: sortChange},
	{what: "mark of a slice", sort: sortDone},
	{what: "slice", sort: sortSlice},
	{what: "entry of the digest", sort: sortEntry},
	{what: "acts", sort: sortActs},
	{what: "call of the command function", sort: sortCall},
	{what: "inventory", sort: sortInventory},
	{what: "page of an inventory", sort: sortPage},
	{what: "part of what the hub keeps", sort: sortKept},
	{what: "count of a minute", sort: sortCount},
}

var errUnknownKind = errors.New("this release does not know items of this kind")

// formOf is the form of an item, by its sort key; false when this release does not know its kind.
func formOf(i item) (form, bool) {
	sort := raw(i).text(deploy.SortKey)
	for _, f := range forms {
		if sort == f.sort || strings.HasSuffix(f.sort, "#") && strings.HasPrefix(sort, f.sort) {
			return f, true
		}
	}
	return form{}, false
}

// schema is the number of the form that this release writes.
func (f form) schema() int64 { return int64(len(f.migrate)) + 1 }

// present gives an item in the form that this release writes. One of a newer release is a *finding.NewerError.
func (f form) present(i item) (item, error) {
	r := raw(i)
	schema := int64(1)
	if _, ok := i[schemaKey]; ok {
		if schema = r.number(schemaKey); schema < 1 {
			r.fail(schemaKey, "count")
		}
	}
	switch {
	case *r.err != nil:
		return i, *r.err
	case schema > f.schema():
		return i, &finding.NewerError{Item: nameOf(i), Schema: schema, Known: f.schema()}
	case schema == f.schema():
		return i, nil
	}
	i = maps.Clone(i)
	for n, migrate := range f.migrate[schema-1:] {
		if err := migrate(i); err != nil {
			return i, fmt.Errorf("migrate the %s from schema %d: %w", f.what, schema+int64(n), err)
		}
	}
	i[schemaKey] = number(f.schema())
	return i, nil
}

// nameOf names an item by its keys.
func nameOf(i item) string {
	r := raw(i)
	return r.text(deploy.PartitionKey) + " " + r.text(deploy.SortKey)
}

// newItem is an item with nothing but its keys and the number of its form.
func newItem(key item) item {
	i := maps.Clone(key)
	i[schemaKey] = number(mustForm(key).schema())
	return i
}

// mustForm is the form of an item that this release writes.
func mustForm(key item) form {
	f, ok := formOf(key)
	if !ok {
		panic("there is no form for the item " + nameOf(key))
	}
	return f
}

// with gives the values of a condition that has notNewer in it.
func with(key, values item) item {
	all := item{":" + schemaKey: number(mustForm(key).schema())}
	maps.Copy(all, values)
	return all
}
