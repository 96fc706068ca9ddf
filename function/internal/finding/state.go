package finding

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// ErrConflict says that a state was committed by somebody else since it was loaded.
var ErrConflict = errors.New("the role's state has changed since it was loaded")

// Schema is the version of State's form.
const Schema = 1

// State is what is remembered of one role between looks. It holds no policy text and no rendered text.
type State struct {
	// Key is role.Ref.Key; Revision counts commits, 0 when nothing was ever stored.
	Key      string `json:"-"`
	Revision int64  `json:"-"`
	Schema   int    `json:"schema"`
	// Catalogue is the version of the catalogue that judged the role last.
	Catalogue string `json:"catalogue"`
	// ARN is the role's own ARN as last seen, path included.
	ARN string `json:"arn"`
	// RoleID is its unique ID, and RecreatedAt when it was first seen to be another; zero if never.
	RoleID      string    `json:"roleId,omitempty"`
	RecreatedAt time.Time `json:"recreatedAt,omitzero"`
	// Exists is how the last look found the role: whether it was there.
	Exists bool `json:"exists"`
	// LambdaCouldAssume is whether the trust policy let Lambda in.
	LambdaCouldAssume bool `json:"lambdaCouldAssume"`
	// Operates are the ARNs of the capacity providers whose operator role it is, and of those whose operator role it was and of which
	// it is not known whether they are still there.
	Operates []string `json:"operates,omitempty"`
	// Parts is each part as the last look saw it.
	Parts map[role.Part]PartState `json:"parts,omitempty"`
	// Unread are the parts that the last look could not read: what appears there later need not be new.
	Unread   []role.Part `json:"unread,omitempty"`
	Findings []Stored    `json:"findings,omitempty"`
	// Flaps are the findings that opened a short while ago, so that one that opens again and again is damped.
	Flaps []Flap `json:"flaps,omitempty"`
	// EndedInDigest are the findings whose end was left to the digest a short while ago: one that opens again, and is reported at once, leaves
	// the digest.
	EndedInDigest []Ended         `json:"endedInDigest,omitempty"`
	Refusals      []check.Refusal `json:"refusals,omitempty"`
	// Acts are what was taken into account of what people decided about findings, one for each finding.
	Acts []Taken `json:"acts,omitempty"`
	// Changes are the changes that a finding names as its cause, or a part as what made it what it is, and those younger than the settle
	// time.
	Changes []Change `json:"changes,omitempty"`
	// Deleted is the newest record that deleted the role, as long as the role is gone or a finding names the record.
	Deleted *Change `json:"deleted,omitempty"`
	// Thread is when the first of the findings that are open now was opened: what is told of the role until none is open
	// belongs together.
	Thread time.Time `json:"thread,omitzero"`
	// ThreadID is the thread in chat that the first of them was reported in; empty where an earlier release reported it.
	ThreadID string `json:"threadId,omitempty"`
	// Newest is the time of the newest change taken into account, and ConfirmAt when the confirming look is due.
	Newest    time.Time `json:"newest,omitzero"`
	ConfirmAt time.Time `json:"confirmAt,omitzero"`
	// Awaited are the changes that a delayed work item carries, because a read was denied.
	Awaited []Awaited `json:"awaited,omitempty"`
	// LookedAt is when the last look read the role.
	LookedAt time.Time `json:"lookedAt,omitzero"`
	// Tags are the owner tags of the role and its functions, as they were last read.
	Tags []Tag `json:"tags,omitempty"`
}

// Same reports whether another state says the same of the role, whenever it was observed.
func (s *State) Same(o *State) bool {
	text := func(s State) string {
		s.LookedAt = time.Time{}
		body, err := json.Marshal(&s, json.Deterministic(true))
		if err != nil {
			panic(fmt.Sprintf("write the state of %s: %v", s.Key, err)) // It has nothing that JSON does not.
		}
		return string(body)
	}
	return text(*s) == text(*o)
}

// Ended is a finding that ended, by its ID.
type Ended struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
}

// Awaited is a change that a work item carries which is due at a time: until then, no other needs to.
type Awaited struct {
	EventID string    `json:"eventId"`
	At      time.Time `json:"at"`
}

// PartState is one part as the last look saw it.
type PartState struct {
	// Hash identifies the text; Canonical the meaning, as far as IAM's own rewriting of documents goes. A part that
	// carries no text (an attached policy that could not be read) has neither.
	Hash      string `json:"hash,omitempty"`
	Canonical string `json:"canonical,omitempty"`
	// Value is the ARN of a managed policy, so of a boundary.
	Value string `json:"value,omitempty"`
	// Touched is the time of the newest record that touched this part and was taken into account.
	Touched time.Time `json:"touched,omitzero"`
	// By is the event ID of the newest record that made the part what it is; empty where none was delivered, or long ago.
	By string `json:"by,omitempty"`
	// Gone marks a part that was there once, kept for its Touched.
	Gone bool `json:"gone,omitempty"`
	// Moved says that the part differed at the last look that saw a difference, and no record explained it yet.
	Moved bool `json:"moved,omitempty"`
	// Unrecorded is set while no record that was delivered explains what the part has become.
	Unrecorded Unrecorded `json:"unrecorded,omitzero"`
	// Former is what the part was before it was edited, as long as that is remembered.
	Former *Former `json:"former,omitempty"`
}

// Unrecorded is a change of a part of which no record was delivered.
type Unrecorded struct {
	// After is the time of the last look that did not show it, and Seen of the first one that did.
	After time.Time `json:"after,omitzero"`
	Seen  time.Time `json:"seen,omitzero"`
	// Swept is when the sweep started that counted it; zero while none did.
	Swept time.Time `json:"swept,omitzero"`
}

// Former is what a part was before the first of the edits that are remembered.
type Former struct {
	// Hash and Value are those of the part then; Gone says that it was not there.
	Hash  string `json:"hash,omitempty"`
	Value string `json:"value,omitempty"`
	Gone  bool   `json:"gone,omitempty"`
	// Seen is when a look first saw the edit.
	Seen time.Time `json:"seen"`
	// By is the newest record that touched the part since; nil while none did.
	By *Editor `json:"by,omitempty"`
}

// Editor is a record of CloudTrail that edited a part.
type Editor struct {
	EventID string    `json:"eventId"`
	Event   string    `json:"event"`
	Time    time.Time `json:"time"`
	Actor   string    `json:"actor"`
	Type    string    `json:"type,omitempty"`
	Via     string    `json:"via,omitempty"`
}

// Stored is a finding as State keeps it.
type Stored struct {
	ID       string         `json:"id"`
	Check    string         `json:"check"`
	Key      string         `json:"key,omitempty"`
	Severity check.Severity `json:"severity"`
	// Status is Pending, Open or Unknown (open, but not verified since UnverifiedSince).
	Status Status `json:"status"`
	// Deciding identifies the statements to blame by their text, and Meaning by what they say, whatever their indentation and order.
	Deciding  string        `json:"deciding,omitempty"`
	Meaning   string        `json:"meaning,omitempty"`
	Parts     []role.Part   `json:"parts,omitempty"`
	Functions []FunctionRef `json:"functions,omitempty"`
	// Total counts the functions hit and FunctionsHash identifies them: Functions is cut short.
	Total         int      `json:"total"`
	FunctionsHash string   `json:"functionsHash,omitempty"`
	Folds         []string `json:"folds,omitempty"`
	// Path is, of a path through the account, what it is whatever statement it begins with; nil for another finding.
	Path      *Path     `json:"path,omitempty"`
	Cause     *Cause    `json:"cause,omitempty"`
	Origin    Origin    `json:"origin"`
	Revision  int       `json:"revision"`
	FirstSeen time.Time `json:"firstSeen"`
	LastSeen  time.Time `json:"lastSeen"`
	// UnverifiedSince is zero while the finding is verified.
	UnverifiedSince time.Time `json:"unverifiedSince,omitzero"`
	UnverifiedFor   []Missing `json:"unverifiedFor,omitempty"`
	// Under is the ID of the finding that reports what an edit came to, on the finding about the edit, which is pending meanwhile.
	Under string `json:"under,omitempty"`
	// Digested says that people are told of the finding in the digest, and not at once.
	Digested bool `json:"digested,omitzero"`
	// Routes are the names of the routes by which people were told of the finding; empty for the default alone.
	Routes []string `json:"routes,omitempty"`
}

// Change is one CloudTrail record behind a finding, as messages and states carry it.
type Change struct {
	EventID      string    `json:"eventId"`
	EventName    string    `json:"eventName"`
	EventSource  string    `json:"eventSource"`
	Time         time.Time `json:"time"`
	Region       string    `json:"region"`
	Actor        Actor     `json:"actor"`
	SourceIP     string    `json:"sourceIp"`
	UserAgent    string    `json:"userAgent"`
	Via          string    `json:"via"`
	ErrorCode    string    `json:"errorCode,omitempty"`
	ErrorMessage string    `json:"errorMessage,omitempty"`
}

// CreatesRole reports whether the record is of a call that creates a role.
func (c Change) CreatesRole() bool {
	row, ok := events.Lookup(c.EventSource, c.EventName)
	return ok && row.Part == events.PartRole && row.Effect == events.EffectSets
}

// Facet is what the record touched of a function; FacetNone where it touched none.
func (c Change) Facet() events.Facet {
	row, _ := events.Lookup(c.EventSource, c.EventName)
	return row.Facet()
}

// Actor is who made a change.
type Actor struct {
	Type string `json:"type"`
	ARN  string `json:"arn"`
	Name string `json:"name"`
}
