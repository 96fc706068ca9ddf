package message

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// DigestEntry is what one commit leaves to the digest.
type DigestEntry struct {
	Account string `json:"account"`
	// Steps are what happened, in order, and Changes the records that they name as their cause.
	Steps   []DigestStep     `json:"steps"`
	Changes []finding.Change `json:"changes,omitempty"`
}

// DigestStep is a step in the life of a finding.
type DigestStep struct {
	Kind    finding.TransitionKind `json:"kind"`
	Finding finding.Finding        `json:"finding"`
	// Left says that the finding is reported at once from now on, and that this step was.
	Left bool `json:"left,omitzero"`
	// Revision is that of the role's state with which it was committed: it tells the steps of a finding apart whose commits seem to be of one
	// time, or in another order, by the clocks of those who made them. Of a step that an earlier release left it is 0.
	Revision int64 `json:"revision,omitzero"`
}

// Digest is what became of findings of medium and low severity since the last digest. Machines have received each of them already.
type Digest struct {
	// Since is when the first of it was committed.
	Since time.Time `json:"since"`
	// Opened, Changed and Resolved count findings by what they came to, and Passed those that were opened and resolved since; Roles is
	// how many roles they are of.
	Opened   int `json:"opened"`
	Changed  int `json:"changed"`
	Resolved int `json:"resolved"`
	Passed   int `json:"passed"`
	Roles    int `json:"roles"`
	// Folds are what was opened, changed and resolved, by kind and check, the most urgent first and 30 at most; PassedFolds what was opened
	// and resolved since.
	Folds       []Fold `json:"folds"`
	PassedFolds []Fold `json:"passedFolds,omitempty"`
}

const (
	// digestSteps is how many steps one entry holds: an item of the table holds 400 KB.
	digestSteps = 100
	// digestChanges is how many records a digest has.
	digestChanges = 50
	digestList    = "To list all findings of the account, run: rolewatch scan --details"
)

// kept is how much of a finding the digest keeps.
var kept = limits{functions: 1, statements: 0, evidence: 0, document: 0, detail: 300, changes: 0, name: unlimited}

// DigestEntries are steps in as many entries as it takes. Each has the records that its findings name as their cause.
func DigestEntries(account string, steps []DigestStep, changes []finding.Change) []DigestEntry {
	var out []DigestEntry
	c := cutter{limits: kept, omitted: map[string]int{}}
	for chunk := range slices.Chunk(steps, digestSteps) {
		e := DigestEntry{Account: account}
		named := map[string]bool{}
		for _, s := range chunk {
			s.Finding = c.finding(s.Finding)
			e.Steps = append(e.Steps, s)
			if s.Finding.Cause != nil {
				named[s.Finding.Cause.EventID] = true
			}
		}
		for _, change := range changes {
			if named[change.EventID] && len(e.Changes) < digestChanges {
				e.Changes = append(e.Changes, c.change(change))
			}
		}
		out = append(out, e)
	}
	return out
}

// Pack puts what entries hold into fewer of them where that can be, in the same order.
func Pack(entries []DigestEntry) []DigestEntry {
	var steps []DigestStep
	var changes []finding.Change
	seen := map[string]bool{}
	for _, e := range entries {
		steps = append(steps, e.Steps...)
		for _, c := range e.Changes {
			if !seen[c.EventID] {
				seen[c.EventID] = true
				changes = append(changes, c)
			}
		}
	}
	if len(steps) == 0 {
		return nil
	}
	return DigestEntries(entries[0].Account, steps, changes)
}

// DigestInput is what a digest is made of.
type DigestInput struct {
	// ID stays the same however often the same message is sent.
	ID   string
	Time time.Time
	// Since is when the first of the entries was committed; they are in the order in which they were.
	Since   time.Time
	Account string
	// AccountName and OU are as in Input.
	AccountName, OU string
	Entries         []DigestEntry
	Docs            string
	Channels        []Channel
}

// BuildDigest makes the digest; false when there is nothing to report.
func BuildDigest(in DigestInput) (Message, bool) {
	opened, changed, resolved, passed := outcomes(in.Entries)
	if len(opened)+len(changed)+len(resolved)+len(passed) == 0 {
		return Message{}, false
	}
	roles := map[string]bool{}
	for _, f := range slices.Concat(opened, changed, resolved, passed) {
		roles[f.Role] = true
	}
	d := Digest{
		Since: utc(in.Since), Opened: len(opened), Changed: len(changed), Resolved: len(resolved), Passed: len(passed), Roles: len(roles),
		Folds: firstOf(Digested(opened, changed, resolved)), PassedFolds: firstOf(Digested(nil, nil, passed)),
	}
	m := normal(Message{
		Version: Version, ID: in.ID, Time: in.Time, Account: in.Account, AccountName: in.AccountName, OU: in.OU, ThreadID: in.ID, Docs: in.Docs, Digest: &d, Changes: digestRecords(in.Entries, d.Folds),
	})
	m.Severity = worst(m)
	m.Summary = "Daily digest: " + d.counts() + " on " + words.Count(d.Roles, "role")
	m.Subject = subject(m)
	return cutFolds(m, in.Channels), true
}

// digestRecords are the records that the leads of folds name as their cause, as far as there is room.
func digestRecords(entries []DigestEntry, folds []Fold) []finding.Change {
	named := map[string]bool{}
	for _, f := range folds {
		if f.Lead.Cause != nil {
			named[f.Lead.Cause.EventID] = true
		}
	}
	var out []finding.Change
	for _, e := range entries {
		for _, c := range e.Changes {
			if named[c.EventID] && len(out) < digestChanges {
				named[c.EventID] = false
				out = append(out, c)
			}
		}
	}
	return out
}

// counts says how many findings did what.
func (d *Digest) counts() string {
	var parts []string
	noun := "finding"
	for _, one := range []struct {
		n    int
		what string
	}{{d.Opened, "opened"}, {d.Changed, "changed"}, {d.Resolved, "resolved"}, {d.Passed, "opened and resolved again"}} {
		switch {
		case one.n == 0:
		case noun != "":
			parts = append(parts, words.Count(one.n, noun)+" "+one.what)
			noun = ""
		default:
			parts = append(parts, strconv.Itoa(one.n)+" "+one.what)
		}
	}
	return strings.Join(parts, ", ")
}

// more says how many findings the folds do not have; empty for none.
func (d *Digest) more() string {
	n := d.Opened + d.Changed + d.Resolved + d.Passed
	for _, f := range slices.Concat(d.Folds, d.PassedFolds) {
		n -= f.Findings
	}
	if n == 0 {
		return ""
	}
	return "and " + words.Count(n, "finding") + " more"
}

// emailDigest sets what stands below the first line of a digest.
func emailDigest(p *page, m *Message) {
	d := m.Digest
	for _, f := range d.Folds {
		p.set(strings.ToUpper(string(f.Kind))+"  ", "          ", f.line()+m.ByWhomOf(f))
		p.field("  ", "Roles", f.RoleNames())
		if f.Kind != finding.KindResolved {
			p.field("  ", "Why", f.Lead.Detail)
			p.field("  ", "Fix", f.FixText())
			p.field("  ", "Docs", m.checkLink(f.Lead))
		}
		p.gap()
	}
	for _, f := range d.PassedFolds {
		p.set("OPENED AND RESOLVED  ", "          ", f.line())
		p.field("  ", "Roles", f.RoleNames())
		p.gap()
	}
	p.para("", d.more())
	p.field("", "Since", Clock(d.Since))
	emailHead(p, m)
	p.gap()
	p.para("", digestList)
}

// digestNotification is the digest in a thread of its own.
func (m *Message) digestNotification() notification {
	d := m.Digest
	title := icon(*m) + " " + label(*m) + ": "
	var lines []string
	for _, f := range d.Folds {
		lines = append(lines, chatDigestLine(m, f, string(f.Kind)))
	}
	for _, f := range d.PassedFolds {
		lines = append(lines, chatDigestLine(m, f, "opened and resolved"))
	}
	if more := d.more(); more != "" {
		lines = append(lines, more)
	}
	return notification{
		Version: "1.0", Source: "custom", ID: threadName(m.ID),
		Content: chatContent{
			TextType: "client-markdown", Title: title + chatProse(m.Summary, chatTitle-len(title)),
			Description: cutLines(lines, chatDescription-60), NextSteps: []string{chatProse(digestList, 300)},
			Keywords: []string{strings.ToLower(word(*m)), "digest"},
		},
		Metadata: chatMetadata{
			ThreadID: m.Thread(), Summary: chatField(m.Summary, 150), EventType: "rolewatch-digest", RelatedResources: []string{},
			AdditionalContext: map[string]string{
				"account": chatField(m.Account, 64), "kind": string(kind(*m)), "severity": m.Severity.String(),
			},
		},
	}
}

func chatDigestLine(m *Message, f Fold, kind string) string {
	line := "*" + strings.ToUpper(kind+" "+f.Severity.String()) + "* " + chatCode(f.Check, 20) + " " + chatProse(f.Headline()+m.ByWhomOf(f), 300)
	if f.Roles > 1 {
		line += "\n*Roles:* " + chatProse(f.RoleNames(), 600)
	}
	return line
}

// firstOf are the folds that a digest names.
func firstOf(folds []Fold) []Fold { return folds[:min(len(folds), maxFolds)] }
