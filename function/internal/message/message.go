// Package message builds the message about one change, and renders it for machines, chat, e-mail and terminals. An attacker can
// choose names, user agents, Sids, tags and policy text, so each rendering escapes them for its medium.
package message

import (
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// Version is the version of the message's form. Fields are added, never renamed.
const Version = "1"

// Message is what one change, or one sweep, brought about.
type Message struct {
	Version string `json:"version"`
	// ID is the same when the same message is sent again.
	ID      string    `json:"id"`
	Time    time.Time `json:"time"`
	Account string    `json:"account"`
	// AccountName is what people call the account; empty where that is not known.
	AccountName string `json:"accountName,omitempty"`
	// OU is where the account is in its organization, by the names of the root and the organizational units; empty where that is not known.
	OU string `json:"organizationalUnit,omitempty"`
	// Slice of Slices, when the roles concerned were too many for one message; both are 0 otherwise.
	Slice    int               `json:"slice,omitzero"`
	Slices   int               `json:"slices,omitzero"`
	Severity check.Severity    `json:"severity"`
	Summary  string            `json:"summary"`
	Subject  string            `json:"subject"`
	Changes  []finding.Change  `json:"changes"`
	Opened   []finding.Finding `json:"opened"`
	Changed  []finding.Finding `json:"changed"`
	Resolved []finding.Finding `json:"resolved"`
	// StillOpen counts the findings of the roles concerned that stay open and are not in this message.
	StillOpen int `json:"stillOpen"`
	// Omitted counts what was cut to keep the message under its size: by "opened", "changed", "resolved", "passed"
	// (opened and resolved since the last digest), "changes", "functions", "evidence" (statements, or their text), "text" (documents,
	// commands, details, names).
	Omitted map[string]int `json:"omitted"`
	// Part of Parts, where the findings of one slice were too many, or too long, for one message; both are 0 otherwise.
	Part  int `json:"part,omitzero"`
	Parts int `json:"parts,omitzero"`
	// Digest is set on the daily message about what is of medium and low severity; its lists are empty.
	Digest *Digest `json:"digest,omitempty"`
	// Upgrade is set on the one message that reports what a new catalogue of checks came to; its lists are empty.
	Upgrade *Upgrade `json:"upgrade,omitempty"`
	// ChangeID is the same for all messages about one change to more roles than one message takes; Change is set on the one of them that
	// is for people: its lists are empty.
	ChangeID string  `json:"changeId,omitempty"`
	Change   *Change `json:"change,omitempty"`
	// ManyRegions says that the deployment watches several Regions. Machines are not told.
	ManyRegions bool `json:"-"`
	// ThreadID is the thread in chat, where the message does not decide it. Machines are not told.
	ThreadID string `json:"-"`
	// Docs is the address of the documentation of the checks, for people; empty where there is none.
	Docs string `json:"-"`
	// OldestOpen is when the oldest open finding of a role was opened, by the role's ARN: it names the role's thread in
	// chat. Machines are not told.
	OldestOpen map[string]time.Time `json:"-"`
	// Threads are the threads in which the open findings of a role were reported, by the role's ARN. Machines are not told.
	Threads map[string]string `json:"-"`
}
