package finding

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// ActKind says what somebody decided about a finding.
type ActKind string

// The kinds of acts.
const (
	// Acknowledged says that somebody is working on the finding, Accepted that the risk is taken, Reopened that neither holds any more.
	Acknowledged ActKind = "acknowledged"
	Accepted     ActKind = "accepted"
	Reopened     ActKind = "reopened"
)

const (
	// LongestAcknowledgement and LongestAcceptance are how long an act may hold.
	LongestAcknowledgement = 7 * 24 * time.Hour
	LongestAcceptance      = 180 * 24 * time.Hour
	// MostBy and MostReason are how many bytes a caller may say of themselves, and give as the reason.
	MostBy, MostReason = 256, 500
	// actSkew is how far the clock that an act was made by may be ahead.
	actSkew = 5 * time.Minute
)

// Act is what somebody decided about a finding, as the command function stores it.
type Act struct {
	// ID tells it from an earlier one about the same finding.
	ID      string  `json:"id"`
	Finding string  `json:"finding"`
	Kind    ActKind `json:"kind"`
	// By is who the caller says they are: nothing proves it. Reason is theirs, too.
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until,omitzero"`
	// Seen is the finding as it was then. The act covers nothing that is worse.
	Seen Seen `json:"seen,omitzero"`
}

// Seen is what an act covers.
type Seen struct {
	Severity check.Severity `json:"severity,omitzero"`
	// Meaning is what the statements to blame say.
	Meaning string `json:"meaning,omitempty"`
	// Functions are the ARNs of the functions hit, and FunctionsHash identifies them all with their versions: the list may be cut short.
	Functions     []string `json:"functions,omitempty"`
	FunctionsHash string   `json:"functionsHash,omitempty"`
	// Actors are those who brought the finding about, and who made the parts to blame what they are.
	Actors []string `json:"actors,omitempty"`
}

// ActEnd says why an act does not hold any more.
type ActEnd string

// The ends of acts.
const (
	EndExpired    ActEnd = "expired"
	EndReopened   ActEnd = "reopened"
	EndResolved   ActEnd = "resolved"
	EndWithdrawn  ActEnd = "withdrawn"
	EndMoreSevere ActEnd = "moreSevere"
	EndChanged    ActEnd = "changed"
	EndFunction   ActEnd = "newFunction"
	EndActor      ActEnd = "newActor"
	// EndCritical and EndInvalid are of an act that never held.
	EndCritical ActEnd = "critical"
	EndInvalid  ActEnd = "invalid"
)

// Call is a call of the command function, as the audit has it. By, Reason and Until are as the caller gave them.
type Call struct {
	ID      string    `json:"id"`
	Account string    `json:"account"`
	At      time.Time `json:"at"`
	// From is where the call came from: the function for chat, or the one for principals.
	From    string `json:"from"`
	Act     string `json:"act"`
	Finding string `json:"finding,omitempty"`
	By      string `json:"by,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Until   string `json:"until,omitempty"`
	// Refused says why nothing was done; empty where something was.
	Refused string `json:"refused,omitempty"`
}

// keptActs is how long an act is kept after its end, so that `+"`rolewatch findings`"+` can say what became of it.
const keptActs = 30 * 24 * time.Hour

// WithAct is a list of acts with one more, in place of an earlier one about the same finding, less what ended long ago.
func WithAct(acts []Act, act Act) []Act {
	acts = slices.DeleteFunc(slices.Clone(acts), func(a Act) bool {
		return a.Finding == act.Finding || !a.Until.IsZero() && act.At.Sub(a.Until) > keptActs || a.Kind == Reopened && act.At.Sub(a.At) > keptActs
	})
	return append(acts, act)
}

// Taken is what a state remembers of an act: that it was taken into account, and since when it does not hold any more.
type Taken struct {
	Finding string    `json:"finding"`
	Act     string    `json:"act"`
	Kind    ActKind   `json:"kind"`
	Ended   time.Time `json:"ended,omitzero"`
	Why     ActEnd    `json:"why,omitempty"`
}

// ByChat is who acts from a chat channel: the command function cannot see who it is.
const ByChat = "somebody in the Slack channel"

// Handled is what a message says of the act about a finding.
type Handled struct {
	As ActKind `json:"as"`
	// By is who the caller said they are.
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until,omitzero"`
	// Ended and Why are set when the act does not hold any more.
	Ended time.Time `json:"ended,omitzero"`
	Why   ActEnd    `json:"why,omitempty"`
}

// Holds reports whether the act still covers the finding.
func (h *Handled) Holds() bool { return h != nil && h.Ended.IsZero() }

// HandledBy is what a message says of an act and of what became of it.
func HandledBy(a Act, t Taken) *Handled {
	return &Handled{As: a.Kind, By: words.Clip(a.By, MostBy), Reason: words.Clip(a.Reason, MostReason), At: a.At, Until: a.Until, Ended: t.Ended, Why: t.Why}
}

// SeenOf is a finding of a state as an act covers it.
func SeenOf(state *State, s Stored) Seen {
	return s.seen(Actors(s, state.Parts, state.Changes))
}

func (s Stored) seen(actors []string) Seen {
	return Seen{Severity: s.Severity, Meaning: s.Meaning, Functions: s.functionARNs(), FunctionsHash: s.FunctionsHash, Actors: actors}
}

func (s Stored) functionARNs() []string {
	var out []string
	for _, f := range s.Functions {
		out = append(out, f.ARN)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Actors are those who brought a finding about, and who made the parts that it blames what they are, as far as changes show it.
func Actors(s Stored, parts map[role.Part]PartState, changes []Change) []string {
	var out []string
	for _, c := range changes {
		made := func(part role.Part) bool { return parts[part].By == c.EventID }
		if c.EventID != "" && (s.Cause.Names(c.EventID) || slices.ContainsFunc(s.Parts, made)) {
			out = append(out, c.Actor.Principal())
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Principal names an actor for comparison. The sessions of a role are one principal, because a pipeline names each of them anew; those of
// a role of IAM Identity Center are people.
func (a Actor) Principal() string {
	arn, err := aws.ParseARN(a.ARN)
	if err != nil {
		return a.Type + " " + a.Name + a.ARN
	}
	if name, session := arn.Session(); session != "" && !strings.HasPrefix(name, "AWSReservedSSO_") {
		return arn.AnySession(name).String()
	}
	return a.ARN
}

// Refusal says why an act cannot hold, whatever the finding is like; empty where it can. Package command tells the caller; the watch
// asks again, so that it depends on nobody who writes acts.
func (a Act) Refusal(now time.Time) string {
	longest, what := LongestAcknowledgement, "an acknowledgement holds for 7 days at most"
	switch {
	case a.Kind == Accepted:
		longest, what = LongestAcceptance, "a risk is accepted for 180 days at most"
	case a.Kind != Acknowledged:
		return "the act " + string(a.Kind) + " is not known"
	}
	switch {
	case a.At.After(now.Add(actSkew)):
		return "it is dated in the future"
	case !a.Until.After(a.At):
		return "it has no end after its beginning"
	case a.Until.Sub(a.At) > longest:
		return what
	case a.Kind == Accepted && strings.TrimSpace(a.Reason) == "":
		return "a risk is accepted with a reason only"
	}
	return ""
}

// exceeds says in what a finding is worse than what was seen; empty where it is not.
func (s Seen) exceeds(now Seen) ActEnd {
	switch {
	case now.Severity > s.Severity:
		return EndMoreSevere
	case now.Meaning != s.Meaning || now.Meaning == "":
		return EndChanged
	case now.FunctionsHash != s.FunctionsHash && !within(now.Functions, s.Functions):
		return EndFunction
	case !within(now.Actors, s.Actors):
		return EndActor
	}
	return ""
}

// within reports whether all of a list are in another one. A list that may have been cut short holds what nobody knows.
func within(list, of []string) bool {
	return len(list) < maxFunctions && !slices.ContainsFunc(list, func(one string) bool { return !slices.Contains(of, one) })
}

// hexID is the part of a finding's ID after that of its check (see Identity).
var hexID = regexp.MustCompile(`^[0-9a-f]{12}$`)

// IsHexID reports whether a text has the form of the hexadecimal part of a finding's ID.
func IsHexID(text string) bool { return hexID.MatchString(text) }
