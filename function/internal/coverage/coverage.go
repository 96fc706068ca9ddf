// Package coverage says what rolewatch watches of AWS, and what it does not, and why: a row for every operation that changes
// something, for every field of what is configured, and for every value that checks read. A test compares the rows with the pinned
// SDKs, so that what AWS adds fails until somebody has classified it.
package coverage

import "slices"

// Class is whether rolewatch judges something.
type Class string

// The classes.
const (
	// Judged is what a check judges, or what leads to a reconcile.
	Judged Class = "judged"
	// NotYet is what matters to an execution role or to a function, and is not judged, or not read.
	NotYet Class = "not judged yet"
	// NoConcern is what neither an execution role nor a function's need of it depends on.
	NoConcern Class = "of no concern"
)

// Classes are all classes, in the order in which the page lists them.
func Classes() []Class { return []Class{Judged, NotYet, NoConcern} }

// Row is the class of one operation, field or value.
type Row struct {
	// Name is the operation, the path of the field below its structure, or the value.
	Name  string
	Class Class
	// Says is, in sentences, who judges it (checks are named by ID), what it would tell, or why it is of no concern. It is empty for an
	// operation that the table of events has: that table says the rest.
	Says string
	// Event says that the operation is in the table of events.
	Event bool
}

// Kind is what a list is about.
type Kind string

// The kinds.
const (
	Operations Kind = "operations"
	Fields     Kind = "fields"
	Values     Kind = "values"
)

// List is the rows of one service's operations, of one structure's fields, or of one type's values.
type List struct {
	Kind Kind
	// Service is the SDK's name of the service, and the first label of its principal.
	Service string
	// Types are the structures or types; two types may share their values. It is empty for operations.
	Types []string
	// Readers are the files that read the fields of the live account.
	Readers []string
	Rows    []Row
}

// Lists are all lists: operations, fields, and values.
func Lists() []List {
	return slices.Concat(operationLists(), fieldLists(), valueLists())
}

// Counts gives the number of rows of a kind by their class.
func Counts(k Kind) map[Class]int {
	out := map[Class]int{}
	for _, l := range Lists() {
		if l.Kind != k {
			continue
		}
		for _, r := range l.Rows {
			out[r.Class]++
		}
	}
	return out
}

func operationLists() []List {
	return []List{
		{Kind: Operations, Service: "lambda", Rows: lambdaOperations},
		{Kind: Operations, Service: "iam", Rows: slices.Concat(roleOperations, otherIAMOperations)},
		{Kind: Operations, Service: "organizations", Rows: organizationsOperations},
	}
}

// event is an operation that the table of events has.
func event(name string) Row { return Row{Name: name, Class: Judged, Event: true} }

func judged(name, by string) Row     { return Row{Name: name, Class: Judged, Says: by} }
func notYet(name, tells string) Row  { return Row{Name: name, Class: NotYet, Says: tells} }
func noConcern(name, why string) Row { return Row{Name: name, Class: NoConcern, Says: why} }

// each gives several names one class and reason.
func each(row func(name, says string) Row, says string, names ...string) (out []Row) {
	for _, name := range names {
		out = append(out, row(name, says))
	}
	return out
}
