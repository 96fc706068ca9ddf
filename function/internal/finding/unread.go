package finding

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// NotRead is the Revision of a state that is stored and could not be read. It cannot be committed.
const NotRead = -1

// NewerError says that an item of the table has a form that a newer release wrote and this one does not know. The item is
// left as it is.
type NewerError struct {
	// Item is the keys of the item, with a space between them.
	Item string
	// Schema is the number of the item's form, and Known the highest number that this release reads.
	Schema, Known int64
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("a newer release of rolewatch stored the item %s: it has schema %d, and this release reads up to %d. Deploy that release again to read it",
		e.Item, e.Schema, e.Known)
}

// UnreadError says of which roles the states are stored and could not be read, by key, with the reason of each. The states of
// all other roles were read.
type UnreadError struct{ Roles map[string]error }

func (e *UnreadError) Error() string {
	var each []string
	for _, key := range e.Keys() {
		each = append(each, fmt.Sprintf("state of %s: %v", key, e.Roles[key]))
	}
	return strings.Join(each, "; ")
}

// Keys are the keys of the roles, in order.
func (e *UnreadError) Keys() []string { return slices.Sorted(maps.Keys(e.Roles)) }

// Unwrap gives the reasons, in the order of the keys.
func (e *UnreadError) Unwrap() []error {
	var reasons []error
	for _, key := range e.Keys() {
		reasons = append(reasons, e.Roles[key])
	}
	return reasons
}
