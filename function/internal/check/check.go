// Package check says what a check is and runs checks over a role. The checks themselves are in the catalogue.
package check

import (
	"time"

	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Check is a rule: data, and one pure function.
type Check struct {
	// ID is "RWnnn" and stable for ever; Slug is for people and file names.
	ID, Slug, Title string
	Severity        Severity
	// Severities are all that its findings can have, as the catalogue has them; nil where they have the check's own alone.
	Severities []Severity
	// Why says why it matters, Fix how to fix it. Source is the AWS page or published fact that it is based on.
	Why, Fix, Source string
	// Since is the version that brought it.
	Since string
	// Settles marks a failure that a deployment in progress could explain. A risk is reported at once.
	Settles bool
	// OptIn marks a check that is off until somebody asks for it.
	OptIn bool
	// PerFunction marks a check that judges one function: its diagnostics have the function in their key.
	PerFunction bool
	// Folds are the IDs of narrower checks whose diagnostics follow from this one's.
	Folds []string
	// FoldsSame are the IDs of checks whose diagnostics follow from this one's where the same statements are the cause.
	FoldsSame []string
	// Formerly are the names that the check's findings had in earlier releases.
	Formerly []Former
	// JudgesEdit marks a check that judges an edit of the role (Before.Parts), and not what the role is. Its findings expire
	// when the edit is no longer remembered.
	JudgesEdit bool
	// JudgesRefusals marks a check that judges calls which Lambda refused (Refusals). Its findings expire when the refusals
	// are no longer remembered, and stay open although no function that they name uses the role: the refused call never
	// configured one with it.
	JudgesRefusals bool
	// Reads are the facts that it judges by. With all others unknown it says the same.
	Reads []Fact
	// About says, of a check that judges what the role may do, which requests it is about: where one of them is allowed, the
	// check is not silent. It is nil for a check that is about no single request.
	About func(*Subject, policy.Request) bool
	// Run judges the subject; Join is for a check that judges what all others found, and runs after them, on what they
	// reported before anything is folded. One of the two is set.
	Run  func(*Pass)
	Join func(*Pass, []Diagnostic)
}

// Subject is what checks judge.
type Subject struct {
	Role *role.Snapshot
	// Now is the time of the reconcile.
	Now    time.Time
	Before Before
	// Refusals are calls that Lambda rejected because of this role, and that no later call repeated successfully.
	Refusals []Refusal
	// Changes are the records that led to this reconcile, the oldest first. There can be none.
	Changes []Change
	// Parameters are what the settings say about the account.
	Parameters Parameters
	// Reach is what the graph of the account says of the role; nil where there is no graph.
	Reach *reach.View

	memo []memo
}

// memo is one thing that was worked out for a subject. There are few, so that a list is faster than a map.
type memo struct{ key, value any }

// Before is what the last reconcile knew. The zero value means that there was none.
type Before struct {
	Looked bool
	// LambdaCouldAssume says that the trust policy allowed Lambda to assume the role at the last reconcile.
	LambdaCouldAssume bool
	// Operator says that the role was the operator role of a capacity provider of which it is not known now whether it is still there.
	Operator bool
	// RoleID is the role's unique ID (AROA...) then, and RecreatedAt the time since which it is another; zero if never.
	RoleID      string
	RecreatedAt time.Time
	// Parts is what parts of the role (trust, inline and attached policies, boundary) were before they were last edited,
	// for those edited within the time that an edit is remembered. A part that was not there then is absent; one whose
	// former text is not kept is unknown. What is not in it has not changed.
	Parts map[role.Part]role.Maybe[role.Policy]
}

// Change is one record of CloudTrail as checks see it.
type Change struct {
	EventID, Event string
	Time           time.Time
	// Part is what it touched of the role; empty when it touched a function alone.
	Part role.Part
	// Actor is the ARN of who did it, or the best name there is; ActorType is CloudTrail's userIdentity.type, and Via the
	// tool that it came through: terraform, cloudformation, cdk, console, cli, sdk or unknown.
	Actor, ActorType, Via string
}

// Diagnostic is one place that a check reports.
type Diagnostic struct {
	Check *Check
	// Key tells diagnostics of one check on one role apart: the function's qualified ARN for a PerFunction check, else
	// whatever the check needs (a policy's ARN, say), or nothing.
	Key string
	// ByPlace says that the key names a statement by its place in its policy, which edits of other statements change: a finding goes on as
	// long as what its statements say stands anywhere in the policy.
	ByPlace bool
	// Severity overrides the check's; zero keeps it.
	Severity Severity
	// Functions are those hit.
	Functions []role.Function
	// Title is one line that names the thing; Detail says what is wrong and why, in whole sentences.
	Title, Detail string
	Evidence      []Evidence
	// Explains says that the evidence only explains: where it names other statements, nothing has changed. Parts are the cause then.
	Explains bool
	Fix      Fix
	// Parts are the parts that are the cause, where Evidence does not name them (the role itself, when it is missing).
	Parts []role.Part
	// Occurrence identifies what happened last, for a check that judges what happens: a finding whose occurrence is another has
	// changed. It is empty for a check that judges what is.
	Occurrence string
	// Recreated marks a diagnostic that the role is another one than before: who deleted the former one belongs to its cause.
	Recreated bool
	// Tells are diagnostics that this one includes, by check ID and key. They are not reported separately.
	Tells []Told
	// Folds are the IDs of narrower checks whose diagnostics this one includes.
	Folds []string
	// RestsOn are the ARNs of other roles, users, groups, functions and managed policies of the account that it rests on: those that a path
	// leads along. Who changed one of them may be who brought it about.
	RestsOn []string
	// Path is what it is as a path through the account; nil for what is none.
	Path *Path
	// Accepted is why somebody accepts what it reports: the role at the end of a path. It is nil for what nobody accepts.
	Accepted *reach.Acceptance
}

// Told names a diagnostic that another one includes.
type Told struct{ Check, Key string }

// Evidence is a statement, or a whole part, that is a cause.
type Evidence struct {
	// Role is the ARN of the role or user whose policy it is; empty for the role that is judged.
	Role string `json:"role,omitzero"`
	// Policy is the text of a role.Part; Statement counts from 0, and is -1 when the whole part is meant.
	Policy    string `json:"policy"`
	Statement int    `json:"statement"`
	Sid       string `json:"sid,omitempty"`
	// Text is the statement's own text, byte for byte.
	Text string `json:"text"`
	Why  string `json:"why"`
}

// Fix is what can be pasted.
type Fix struct {
	Summary string `json:"summary"`
	// Document is the whole corrected policy; Command is an AWS CLI command for a POSIX shell.
	Document string `json:"document,omitempty"`
	Command  string `json:"command,omitempty"`
	// Verify is a command that shows that the fix worked: it no longer lists the role.
	Verify string `json:"verify,omitempty"`
}

// Undecided is a check that could not be answered.
type Undecided struct {
	Check *Check
	// Key is that of the diagnostic it would be; empty covers every key of the check.
	Key string
	// Missing says what would have to be known ("inline policies: iam:GetRolePolicy was denied"), and what settles it.
	Missing []role.Gap
}

// Result is what the checks say of one role.
type Result struct {
	Diagnostics []Diagnostic
	Undecided   []Undecided
}

// Alone is a copy of the subject that shares no working memory with it, so that a change to it does not change what other
// checks find. Any other copy shares the memory.
func (s *Subject) Alone() *Subject {
	alone := *s
	alone.memo = nil
	return &alone
}
