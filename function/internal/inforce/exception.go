package inforce

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Exceptions are what may be spared.
type Exceptions struct {
	// List are the exceptions that the settings make.
	List []check.Exception
	// ByTag are the IDs of the checks that the tag ExceptionTag of a role or function may except from; none by default,
	// for whoever may set the tag could silence what he does.
	ByTag []string
}

// Excepted is a diagnostic that an exception spares.
type Excepted struct {
	check.Diagnostic
	// Exception is what spares it: its checks, tag, reason and end.
	Exception check.Exception
	// Resource is the ARN of the role or function that has the tag; ByTag says that the tag itself made the exception.
	Resource string
	ByTag    bool
}

// Note is something about an exception that its author has to know, or could not be known.
type Note struct {
	// Check is the ID of the check whose diagnostic was not spared; empty where the note is about a tag alone.
	Check string
	Text  string
	// Unread is why the tags of the resource are unknown; zero where they are known.
	Unread role.Reason
}

// Gap is the note as what is not known, with what settles it.
func (n Note) Gap() role.Gap {
	if n.Unread.Given() {
		return role.Gap{What: n.Text, SettledBy: n.Unread.SettledBy()}
	}
	return role.Gap{What: n.Text, SettledBy: "Correct the tag, or allow it in the settings (tagExceptions)."}
}

// Judgement is what is left of a result when the exceptions have been made.
type Judgement struct {
	// Result is what is to be told.
	Result   check.Result
	Excepted []Excepted
	// Notes are each there once, in the order of their checks and texts.
	Notes []Note
}

// Spares tells whether an exception covers a finding of a check and key now, or a wider one that folds it: such a
// finding is over with the resolution "excepted".
func (j Judgement) Spares(id, key string) bool {
	return slices.ContainsFunc(j.Excepted, func(e Excepted) bool {
		return e.Check.ID == id && e.Key == key || slices.Contains(e.Check.Folds, id) || slices.Contains(e.Tells, check.Told{Check: id, Key: key})
	})
}

// Apply spares the diagnostics that an exception covers: those of a role with the tag, and those that judge one function,
// of a function with the tag, until the exception's end. What a spared diagnostic folds is spared with it. Tags that are
// not known spare nothing, and are noted. Known tells the IDs of checks there are.
func Apply(result check.Result, subject *check.Subject, exceptions Exceptions, known func(id string) bool) Judgement {
	j := Judgement{Result: check.Result{Undecided: result.Undecided}}
	notes := map[Note]bool{}
	claims := map[string][]claim{}
	for _, o := range ownersIn(subject.Role) {
		claims[o.arn] = claimsOf(o, known, notes)
	}
	for _, d := range result.Diagnostics {
		if d.Accepted != nil {
			j.Excepted = append(j.Excepted, Excepted{
				Diagnostic: d, Resource: d.Accepted.Role, Exception: check.Exception{Checks: []string{d.Check.ID}, Reason: d.Accepted.Reason, Until: d.Accepted.Until},
			})
			continue
		}
		a := applying{d: d, exceptions: exceptions, now: subject.Now, notes: notes}
		for _, o := range ownersOf(subject.Role, d) {
			a.try(o, claims[o.arn])
		}
		if a.spared != nil {
			j.Excepted = append(j.Excepted, *a.spared)
			continue
		}
		d.Detail = strings.Join(append([]string{d.Detail}, a.said...), " ")
		j.Result.Diagnostics = append(j.Result.Diagnostics, d)
	}
	j.Notes = slices.SortedFunc(maps.Keys(notes), func(a, b Note) int {
		return strings.Compare(a.Check+"\x00"+a.Text, b.Check+"\x00"+b.Text)
	})
	return j
}

// owner is a role or function whose tags may except a diagnostic.
type owner struct {
	what, name, arn string
	tags            role.Maybe[map[string]string]
}

func ownerOf(r *role.Snapshot) owner { return owner{"role", r.Ref.Name, r.ARN(), r.Tags} }

func functionOwner(f role.Function) owner { return owner{"function", f.Name(), f.ARN, f.Config.Tags} }

// ownersIn are the role and all its functions, each once.
func ownersIn(r *role.Snapshot) []owner {
	out, seen := []owner{ownerOf(r)}, map[string]bool{}
	for _, f := range r.Users.List {
		if !seen[f.ARN] {
			seen[f.ARN] = true
			out = append(out, functionOwner(f))
		}
	}
	return out
}

// ownersOf are the role, and the function of a diagnostic that judges one.
func ownersOf(r *role.Snapshot, d check.Diagnostic) []owner {
	out := []owner{ownerOf(r)}
	if !d.Check.PerFunction || len(d.Functions) == 0 {
		return out
	}
	f := d.Functions[0]
	if slices.ContainsFunc(d.Functions, func(other role.Function) bool { return other.ARN != f.ARN }) {
		return out
	}
	return append(out, functionOwner(f))
}

// applying is the search for an exception of one diagnostic.
type applying struct {
	d          check.Diagnostic
	exceptions Exceptions
	now        time.Time
	spared     *Excepted
	notes      map[Note]bool
	// said is what a diagnostic that is not spared says of exceptions that were meant for it.
	said []string
}

func (a *applying) try(o owner, claims []claim) {
	if a.spared != nil {
		return
	}
	tags, ok := o.tags.Get()
	if !ok {
		if o.tags.State() == role.Unknown && a.wants() {
			of := o.what + " " + o.name
			if _, unsupported := o.tags.Reason().UnsupportedCall(); unsupported {
				// It is so for every resource of the kind, and is reported once. A denial may be of one resource.
				of = o.what + "s"
			}
			text := "tags of " + of + ": " + o.tags.Why()
			a.notes[Note{Check: a.d.Check.ID, Text: text, Unread: o.tags.Reason()}] = true
		}
		return
	}
	for _, e := range a.exceptions.List {
		value, has := tags[e.Tag]
		if a.covers(e) && has && (e.Value == "" || e.Value == value) {
			a.settle(o, e, "the settings", false)
		}
	}
	for _, c := range claims {
		if a.spared == nil {
			a.claim(o, c)
		}
	}
}

// wants tells whether an exception could cover the diagnostic at all, given the right tags.
func (a *applying) wants() bool {
	return slices.ContainsFunc(a.exceptions.ByTag, a.d.Check.Named) ||
		slices.ContainsFunc(a.exceptions.List, func(e check.Exception) bool { return a.covers(e) && !Over(e, a.now) })
}

func (a *applying) covers(e check.Exception) bool {
	return len(e.Checks) == 0 || slices.ContainsFunc(e.Checks, a.d.Check.Named)
}

// settle spares the diagnostic, or says in it that its exception is over.
func (a *applying) settle(o owner, e check.Exception, maker string, byTag bool) {
	if Over(e, a.now) {
		a.add(fmt.Sprintf("The exception that %s made for it ended on %s.", maker, e.Until.UTC().Format(time.DateOnly)))
		return
	}
	if a.spared == nil {
		a.spared = &Excepted{Diagnostic: a.d, Exception: e, Resource: o.arn, ByTag: byTag}
	}
}

// claim weighs what a tag of the resource asks for.
func (a *applying) claim(o owner, c claim) {
	id := a.d.Check.ID
	switch {
	case c.fault != nil:
		if strings.Contains(strings.ToUpper(c.value), id) {
			a.add("The tag " + c.tag + " of the " + o.what + " exempts nothing: " + c.fault.Error() + ".")
		}
	case !slices.ContainsFunc(c.exception.Checks, a.d.Check.Named):
	case !slices.ContainsFunc(a.exceptions.ByTag, a.d.Check.Named):
		a.add("The tag " + c.tag + " of the " + o.what + " exempts nothing: the settings (tagExceptions) allow no tag to make an exception from " + id + ".")
		a.notes[Note{Check: id, Text: "tag " + c.tag + " of " + o.what + " " + o.name + " exempts nothing: the settings (tagExceptions) do not allow it"}] = true
	default:
		a.settle(o, c.exception, "the tag "+c.tag, true)
	}
}

func (a *applying) add(sentence string) {
	if !slices.Contains(a.said, sentence) {
		a.said = append(a.said, sentence)
	}
}

// Over tells whether an exception has ended: it holds through the second that Until names.
func Over(e check.Exception, now time.Time) bool { return !now.Before(e.Until.Add(time.Second)) }
