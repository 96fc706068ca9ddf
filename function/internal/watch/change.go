package watch

import (
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// change is a record as the looks that it leads to need it. It travels with work items, so it is small: a part's new
// content goes by its hashes.
type change struct {
	finding.Change
	// Part is what the record touched of the role, and Effect what it did there.
	Part   string     `json:"part,omitempty"`
	Effect partEffect `json:"effect,omitempty"`
	// Hash identifies the text that the record gave the part, and Canonical its meaning; empty when it carries none.
	Hash      string `json:"hash,omitempty"`
	Canonical string `json:"canonical,omitempty"`
	// Value is the content of a part that is no document: a boundary's ARN.
	Value string `json:"value,omitempty"`
	// Function is the function that the record names, unqualified; Moved says that it changed which role that uses.
	Function string `json:"function,omitempty"`
	Moved    bool   `json:"moved,omitempty"`
	// document is the text, from which Canonical is worked out when it is needed: nearly always the hashes tell.
	document string
	kind     policy.Kind
	// Refused marks a call that Lambda refused because of the role; Success a call that shows Lambda took it.
	Refused bool `json:"refused,omitempty"`
	Success bool `json:"success,omitempty"`
}

// partEffect is what a record did to a part.
type partEffect string

const (
	partSet  partEffect = "set"
	partGone partEffect = "gone"
)

// partRefusal is the part that a refused call counts as having touched.
const partRefusal = "refusal"

func newChange(c *events.Change) change {
	out := change{Change: finding.Change{
		EventID: c.ID, EventName: c.Name, EventSource: c.Event.Source, Time: c.Time, Region: c.Region,
		Actor:    finding.Actor{Type: c.Actor.Type, ARN: c.Actor.ARN, Name: c.Actor.Name},
		SourceIP: c.SourceIP, UserAgent: c.UserAgent, Via: string(c.Via),
		ErrorCode: c.ErrorCode, ErrorMessage: c.ErrorMessage,
	}}
	out.Function = c.Function.ARN
	configures := c.Event.Name == "CreateFunction" || c.Event.Name == "UpdateFunctionConfiguration"
	if c.Failed() {
		out.Refused = configures && becauseOfRole(c)
		out.Part = partRefusal
		return out
	}
	out.Success = configures
	if c.Event.Subject != events.SubjectRole && c.Event.Subject != events.SubjectPolicy {
		return out
	}
	out.Part, out.Effect = c.RolePart(), effectOf(c.Event)
	if c.Document != nil {
		out.document, out.Hash, out.kind = *c.Document, role.HashText(*c.Document), policy.Identity
		if c.Event.Part == events.PartTrust || c.Event.Part == events.PartRole {
			out.kind = policy.Trust
		}
	}
	if c.Event.Part == events.PartBoundary {
		out.Value = c.Boundary
	}
	if c.Event.Name == "CreatePolicyVersion" && !c.Policy.SetAsDefault {
		out.Part = ""
	}
	return out
}

// effectOf gives the effect of an event as work items carry it.
func effectOf(e events.Event) partEffect {
	switch e.Effect {
	case events.EffectSets, events.EffectReplaces:
		return partSet
	case events.EffectRemoves:
		return partGone
	}
	return ""
}

// becauseOfRole tells whether Lambda refused a call because of the role. AWS documents no code for it: the sentences
// are those that Lambda and IAM answer with.
func becauseOfRole(c *events.Change) bool {
	for _, sentence := range []string{
		"cannot be assumed by Lambda", "Cross-account pass role is not allowed", "iam:PassRole",
		"execution role does not have permissions",
	} {
		if strings.Contains(c.ErrorMessage, sentence) {
			return true
		}
	}
	return false
}

// refusal is the change as the checks see it.
func (c change) refusal() check.Refusal {
	actor := c.Actor.ARN
	if actor == "" {
		actor = c.Actor.Name
	}
	return check.Refusal{
		Function: c.Function, EventID: c.EventID, Event: c.EventName, Time: c.Time,
		ErrorCode: c.ErrorCode, Error: c.ErrorMessage, Actor: actor,
	}
}

// touches tells whether the record touched a part. The making of a role makes all its parts.
func (c change) touches(part string) bool {
	if c.Part == "" {
		return false
	}
	return c.Part == part || c.Part == string(events.PartRole) && part != partRefusal
}

// fresh tells whether a change is so young that IAM's reads may not show it yet. One from the future is a wrong clock
// somewhere, and proves nothing.
func (c change) fresh(now time.Time) bool {
	age := now.Sub(c.Time)
	return age < staleFor && age > -time.Minute
}

// meaning identifies what the document means, IAM's own rewriting allowed for.
func (c change) meaning() string {
	if c.Canonical == "" && c.document != "" {
		return role.NewPolicy("", c.document, c.kind).Canonical()
	}
	return c.Canonical
}

// sealed are changes as work items carry them: what a document means is worked out, for the document stays behind.
func sealed(changes []change) []change {
	out := slices.Clone(changes)
	for i := range out {
		out[i].Canonical = out[i].meaning()
	}
	return out
}
