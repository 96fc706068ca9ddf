package dynamostore

import (
	"hash/fnv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// uses is which items of the table are used, from all of them.
type uses struct {
	// now is when the table began to be read: what was written since is used.
	now time.Time
	// marks are hashes of what is used: the texts that states name, the keys of the roles that function versions and refused calls name, the
	// refused calls that states remember, and the pages that inventories name.
	marks map[uint64]struct{}
	// whole is the newest sweep whose index is whole, by account.
	whole map[string]int64
	// candidates are the items that may be unused.
	candidates []candidate
}

// mark notes that something is used that is of a kind. Two things that have the same hash are both used while one is.
func (u *uses) mark(kind string, name ...string) { u.marks[markOf(kind, name)] = struct{}{} }

func (u *uses) marked(kind string, name ...string) bool {
	_, ok := u.marks[markOf(kind, name)]
	return ok
}

func markOf(kind string, name []string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(kind + "\x00" + strings.Join(name, "\x00")))
	return h.Sum64()
}

// The kinds of what is marked.
const (
	markDocument = "document"
	markRole     = "role"
	markRefusal  = "refusal"
	markPage     = "page"
)

// candidate is an item that may be unused: used tells, once all items are read.
type candidate struct {
	key item
	// version is the attribute that changes when the item is written, with its value.
	version string
	is      types.AttributeValue
	expires bool
	// undated is an item whose age counts and is unknown.
	undated bool
	used    func() bool
}

func newUses(now time.Time) *uses {
	return &uses{now: now, marks: map[uint64]struct{}{}, whole: map[string]int64{}}
}

// add takes one item into account. It fails where the item cannot be read.
func (u *uses) add(i item) error {
	f, known := formOf(i)
	if !known {
		return errUnknownKind
	}
	r := read(i)
	switch f.sort {
	case sortState:
		return u.addState(i)
	case sortVersion:
		return u.addVersion(i)
	case sortSweep:
		u.whole[r.name(prefixAccount)] = r.number("indexed")
	case sortDocument:
		hash := r.name(prefixDocument)
		u.addDated(r, freshFor, func() bool { return u.marked(markDocument, hash) })
	case prefixRole:
		u.addRefused(r)
	case sortNotice:
		u.addDated(r, noticeLife, func() bool { return false })
	case sortChange, sortDone, sortSlice:
		u.addDated(r, changeLife, func() bool { return false })
	case sortInventory:
		var h inventory.Head
		r.decode(&h)
		for _, name := range h.Named() {
			u.mark(markPage, nameOf(inventoryKey(r.name(prefixInventory), sortPage+name)))
		}
	case sortPage:
		name := nameOf(i)
		u.addDated(r, freshFor, func() bool { return u.marked(markPage, name) })
	case sortMessage, sortTally, sortEpisodes, sortMarks, sortEntry: // They name no item, and do not expire.
	case sortActs, sortCall: // The command function says when they expire.
	case sortKept: // What the hub keeps names no item.
	case sortCount: // It expires from the beginning.
	default:
		return errUnknownKind
	}
	return *r.err
}

// addState notes what a state names. A state is used while the role is there or anything of it is remembered that ends by itself,
// or a function or a refused call names the role.
func (u *uses) addState(i item) error {
	state, err := parseState(i)
	if err != nil {
		return err
	}
	used := state.Exists || len(state.Findings) > 0 || len(state.Flaps) > 0 || len(state.Refusals) > 0 || state.ConfirmAt.After(u.now)
	for _, p := range state.Parts {
		u.mark(markDocument, p.Hash)
		if p.Former != nil {
			u.mark(markDocument, p.Former.Hash)
			used = true
		}
	}
	for _, r := range state.Refusals {
		u.mark(markRefusal, r.Function, state.Key)
	}
	key := state.Key
	u.candidate(read(i), revisionKey, func() bool { return used || u.marked(markRole, key) })
	return nil
}

// addVersion notes the role that a function version names. An entry is used unless a sweep has built the index without it.
func (u *uses) addVersion(i item) error {
	e, err := parseEntry(i)
	if err != nil {
		return err
	}
	if !e.gone {
		u.mark(markRole, e.function.RoleKey())
	}
	account, generation := awsfacts.AccountOf(e.function.ARN), e.generation
	u.candidate(read(i), generationKey, func() bool { return generation >= u.whole[account] })
	return nil
}

// addRefused notes the role that a refused call names. The note is used while the role's state remembers the call.
func (u *uses) addRefused(r reader) {
	arn := strings.TrimPrefix(r.text(deploy.SortKey), prefixRole)
	key := arn
	if ref, err := role.ParseRef(arn); err == nil {
		key = ref.Key()
	}
	u.mark(markRole, key)
	function := r.name(prefixRefused)
	u.addDated(r, freshFor, func() bool { return u.marked(markRefusal, function, key) })
}

// addDated adds an item that says when it was written, and is used until it has a certain age in any case.
func (u *uses) addDated(r reader, fresh time.Duration, used func() bool) {
	at := r.when(updatedKey)
	if !at.IsZero() && u.now.Sub(at) < fresh {
		used = func() bool { return true }
	}
	u.candidate(r, updatedKey, used)
	u.candidates[len(u.candidates)-1].undated = at.IsZero()
}

func (u *uses) candidate(r reader, version string, used func() bool) {
	_, expires := r.item[deploy.ExpiresKey]
	u.candidates = append(u.candidates, candidate{
		key:     keyOf(r.text(deploy.PartitionKey), r.text(deploy.SortKey)),
		version: version, is: r.item[version], expires: expires, used: used,
	})
}

// verdicts are what is to be changed, at a time.
func (u *uses) verdicts(now time.Time) []verdict {
	var out []verdict
	expires := number(now.Add(unusedFor).Unix())
	for _, c := range u.candidates {
		v := verdict{key: c.key, version: c.version, is: c.is}
		switch used := c.used(); {
		case used == !c.expires:
			continue
		case !used && c.undated:
			v.dated = when(now)
		case !used:
			v.expires = expires
		}
		out = append(out, v)
	}
	return out
}
