package message

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// Change is what one change to many roles came to, so that people receive one message about it. Machines have received each finding
// already.
type Change struct {
	// ID is the changeId of the messages that have the findings.
	ID string `json:"changeId"`
	// Sweep says that it is no change but what a sweep of the account came to, beyond what it reported first; then nobody knows Slices before
	// the end, and Roles is 0.
	Sweep bool `json:"sweep,omitzero"`
	// Complete says that all slices of the change are counted; Counted of Slices are, and Roles is how many roles the change touches.
	Complete bool `json:"complete"`
	Counted  int  `json:"counted"`
	Slices   int  `json:"slices"`
	Roles    int  `json:"roles"`
	// Again says that an earlier message reported a part of it.
	Again bool `json:"again,omitempty"`
	// Folds are what was found, by kind and check, the most urgent first.
	Folds []Fold `json:"folds"`
}

// ChangeInput is what the message about a change to many roles is made of.
type ChangeInput struct {
	// ID stays the same however often the same message is sent.
	ID      string
	Time    time.Time
	Account string
	// AccountName, OU and ManyRegions are as in Input.
	AccountName, OU string
	ManyRegions     bool
	Changes         []finding.Change
	Change          Change
	// Thread is the thread in chat.
	Thread string
	// Docs is the address of the documentation of the checks; empty where there is none.
	Docs     string
	Channels []Channel
}

// BuildChange makes the message that reports a change to many roles, in place of those of its slices.
func BuildChange(in ChangeInput) Message {
	c := in.Change
	c.Folds = slices.Clone(c.Folds)
	for i := range c.Folds {
		c.Folds[i].Lead = normalFindings([]finding.Finding{c.Folds[i].Lead})[0]
	}
	m := normal(Message{
		Version: Version, ID: in.ID, Time: in.Time, Account: in.Account, AccountName: in.AccountName, OU: in.OU, ManyRegions: in.ManyRegions, Changes: in.Changes, Change: &c, ChangeID: c.ID, ThreadID: in.Thread, Docs: in.Docs,
	})
	m.Severity = worst(m)
	m.Summary = summary(m)
	m.Subject = subject(m)
	return cutFolds(firstFolds(m, maxFolds), in.Channels)
}

// Progress says how much of a change is counted; empty once all is, but for a sweep.
func (c *Change) Progress() string {
	switch {
	case c.Sweep && c.Complete:
		return "A sweep of the account found this, in addition to what an earlier message reports."
	case c.Sweep:
		return "A sweep of the account found this, in addition to what an earlier message reports. The sweep goes on. If it finds more, rolewatch sends one more message."
	case c.Complete:
		return ""
	}
	return "rolewatch has evaluated " + strconv.Itoa(c.Counted) + " of " + strconv.Itoa(c.Slices) + " groups of 50 roles, so there can be more findings. " +
		"The change affects " + words.Count(c.Roles, "role") + ". If rolewatch finds more, it sends one more message."
}

// soFar is what the first line says of a count that may grow.
func (c *Change) soFar() string {
	switch {
	case !c.Complete:
		return "Incomplete: "
	case c.Again:
		return "Complete: "
	}
	return ""
}

// where says where all findings are.
func (c *Change) where() string {
	return "Subscribers that read JSON received each finding, with changeId " + c.ID + ". To list all findings of the account, run: rolewatch scan --details"
}

// emailChange sets what stands below the top of an e-mail about a change to many roles.
func emailChange(p *page, m *Message, said above) {
	for _, f := range m.Change.Folds {
		p.gap()
		p.set(strings.ToUpper(string(f.Kind))+"  ", "          ", f.line())
		p.field("  ", "Roles", f.RoleNames())
		p.raw(emailFinding(m, f.Kind, f.Lead, false, said))
	}
	p.gap()
	emailCuts(p, m)
	p.para("", m.Change.where())
}

// maxFolds is how many checks the folds of a change name.
const maxFolds = 30

// digest is how much of a finding stands for those of many roles.
var sliced = limits{functions: 10, statements: 2, evidence: 1000, document: 0, detail: 1000, changes: 0, name: 256}

// Digested is what one group of roles of a change came to, small enough to be stored next to those of a hundred others: a fold for each check
// and for what became of its findings, for all of them count.
func Digested(opened, changed, resolved []finding.Finding) []Fold {
	folds := FoldsOf(normalFindings(opened), normalFindings(changed), normalFindings(resolved))
	c := cutter{limits: sliced, omitted: map[string]int{}}
	for i := range folds {
		command := folds[i].Lead.Fix.Command
		folds[i].Lead = c.finding(folds[i].Lead)
		if folds[i].oneFix() && len(command) <= topCommand {
			folds[i].Lead.Fix.Command = command
		}
	}
	return folds
}
