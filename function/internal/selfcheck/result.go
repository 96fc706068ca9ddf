package selfcheck

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Status is what was found.
type Status string

// The statuses.
const (
	OK      Status = "ok"
	Wrong   Status = "wrong"
	Unknown Status = "unknown"
)

// Result is what was found of one thing.
type Result struct {
	// Scope names what was looked at, the same each time: "self:rule:us-east-1/RuleIam".
	Scope  string
	Status Status
	// What is a line that says what was found: "The rule rolewatch-RuleIam-1 in us-east-1 is disabled".
	What string
	// Trouble is set for what is wrong, and has in its text what it means; Fix is the command that fixes it, or a sentence that begins
	// with a verb and ends without a full stop.
	Trouble episode.Trouble
	Fix     string
	// Why says why it is unknown.
	Why role.Reason
	// Alarmed says that an alarm of the stack reports it already.
	Alarmed bool
}

// scopePrefix begins the scopes of results.
const scopePrefix = "self:"

// IsScope tells whether a scope is that of a result: a self-check tries it again, and nothing else does.
func IsScope(scope string) bool { return strings.HasPrefix(scope, scopePrefix) }

func ok(scope, what string) Result {
	return Result{Scope: scopePrefix + scope, Status: OK, What: what}
}

func unknown(scope, what string, why role.Reason) Result {
	return Result{Scope: scopePrefix + scope, Status: Unknown, What: what, Why: why}
}

func wrong(scope string, t episode.Trouble, fix string) Result {
	return Result{Scope: scopePrefix + scope, Status: Wrong, What: t.Subject, Trouble: t, Fix: fix}
}

// Notice is the trouble of a result that is wrong as operations are told of it: with what fixes it.
func (r Result) Notice() episode.Trouble {
	t := r.Trouble
	switch {
	case r.Fix == "":
	case r.IsCommand():
		t.Text += " To fix it, run `" + r.Fix + "`."
	default:
		t.Text += " To fix it, " + r.Fix + "."
	}
	return t
}

// IsCommand tells whether Fix is a command as it is pasted, and not a sentence.
func (r Result) IsCommand() bool {
	tool, _, _ := strings.Cut(r.Fix, " ")
	return slices.Contains([]string{"aws", "npx", "rolewatch"}, tool)
}

// Judge says of everything that was looked at whether it is as it must be.
func Judge(f *Facts) []Result {
	return slices.Concat(f.stacks(), f.trails(), f.rules(), f.buses(), f.function(), f.mappings(), f.topics(), f.keys(), f.deadLetters(), f.heartbeats(), f.table(), f.sweep(), f.canary())
}

// maybe is the result of something that was not read, or that does not exist; false where it is known.
func maybe[T any](m role.Maybe[T], scope, what string, gone func() Result) (Result, bool) {
	switch m.State() {
	case role.Unknown:
		return unknown(scope, what+": whether it works is unknown", role.Because(m.Why())), true
	case role.Absent:
		return gone(), true
	}
	return Result{}, false
}

// redeploy is the command that brings the resources of a stack back to what its template says, be they gone or changed. A deployment
// without the option does not look at a resource whose template did not change:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html
func redeploy(stack string) string { return "npx cdk deploy " + stack + " --revert-drift" }
