package message

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

const (
	maskedMail    = "(e-mail address masked)"
	maskedAddress = "(address masked)"
	maskedCommand = "The command names a person: it is in the JSON of the message."
)

var mailAddress = regexp.MustCompile(`[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+`)

// masker replaces the names of those who acted, and their addresses.
type masker struct {
	account string
	// names are what stands for a person, the longest first, each with what is put in its place.
	names [][2]string
}

// masked is a message in which people cannot read who acted, and from where. The same actor has the same pseudonym in all messages of the
// account, and the JSON of the message has the name.
func masked(m Message) Message {
	k := masker{account: m.Account}
	for _, c := range m.Changes {
		k.learn(c)
	}
	slices.SortFunc(k.names, func(a, b [2]string) int { return len(b[0]) - len(a[0]) })
	m.Changes = slices.Clone(m.Changes)
	for i := range m.Changes {
		c := &m.Changes[i]
		if c.Actor.ARN != "" || c.Actor.Name != "" {
			c.Actor.Name, c.Actor.ARN = pseudonym(m.Account, c.Actor), ""
		}
		if c.SourceIP != "" && !isService(c.SourceIP) {
			c.SourceIP = maskedAddress
		}
		c.UserAgent, c.ErrorMessage = k.text(c.UserAgent), k.text(c.ErrorMessage)
	}
	m.Opened, m.Changed, m.Resolved = k.findings(m.Opened), k.findings(m.Changed), k.findings(m.Resolved)
	m.Summary, m.AccountName, m.OU = k.text(m.Summary), k.text(m.AccountName), k.text(m.OU)
	if m.Change != nil {
		change := *m.Change
		change.Folds = k.folds(change.Folds)
		m.Change = &change
	}
	if m.Digest != nil {
		digest := *m.Digest
		digest.Folds, digest.PassedFolds = k.folds(digest.Folds), k.folds(digest.PassedFolds)
		m.Digest = &digest
	}
	if m.Upgrade != nil {
		upgrade := *m.Upgrade
		upgrade.Gravest = slices.Clone(upgrade.Gravest)
		for i := range upgrade.Gravest {
			upgrade.Gravest[i].Title = k.text(upgrade.Gravest[i].Title)
		}
		m.Upgrade = &upgrade
	}
	if m.Upgrade == nil && m.Digest == nil {
		m.Summary = k.text(summary(m))
	}
	m.Subject = subject(m)
	return m
}

// isService reports whether an address of a record is the name of a service that made the call.
func isService(address string) bool {
	return strings.HasSuffix(address, aws.ServiceDomain) || address == "AWS Internal"
}

// pseudonym stands for an actor.
func pseudonym(account string, a finding.Actor) string {
	sum := sha256.Sum256([]byte(account + "\x00" + a.RoleOrUser() + "\x00" + ActorName(a)))
	return "actor-" + hex.EncodeToString(sum[:4])
}

// learn takes in what names the actor of a record.
func (k *masker) learn(c finding.Change) {
	session := sessionName(c.Actor.ARN)
	local, _, _ := strings.Cut(session, "@")
	for _, name := range []string{c.Actor.ARN, c.Actor.Name, ActorName(c.Actor), session, local} {
		// A name of one or two letters is in too many words, and stands alone nowhere but as the actor.
		if len(name) > 2 && !slices.ContainsFunc(k.names, func(n [2]string) bool { return n[0] == name }) {
			k.names = append(k.names, [2]string{name, pseudonym(k.account, c.Actor)})
		}
	}
	if _, err := netip.ParseAddr(c.SourceIP); err == nil {
		k.names = append(k.names, [2]string{c.SourceIP, maskedAddress})
	}
}

// sessionName is the name of the session in the ARN of one.
func sessionName(text string) string {
	arn, err := aws.ParseARN(text)
	if err != nil {
		return ""
	}
	_, session := arn.Session()
	return session
}

// text is a text without the names, where they are words of their own, and without e-mail addresses.
func (k *masker) text(s string) string {
	for _, n := range k.names {
		var done strings.Builder
		// What was put in is not looked at again: it could hold the name, which somebody chose.
		for before, after, found := cutWord(s, n[0]); found; before, after, found = cutWord(s, n[0]) {
			done.WriteString(before + n[1])
			s = after
		}
		s = done.String() + s
	}
	return mailAddress.ReplaceAllString(s, maskedMail)
}

// changes reports whether a text would be another one.
func (k *masker) changes(s string) bool { return k.text(s) != s }

func (k *masker) findings(list []finding.Finding) []finding.Finding {
	out := slices.Clone(list)
	for i := range out {
		out[i] = k.finding(out[i])
	}
	return out
}

func (k *masker) folds(list []Fold) []Fold {
	out := slices.Clone(list)
	for i := range out {
		out[i].Lead = k.finding(out[i].Lead)
	}
	return out
}

// finding is a finding without names. A command or a document that has one is not for people: with something else in its place it would
// do something else.
func (k *masker) finding(f finding.Finding) finding.Finding {
	f.Title, f.Detail, f.Fix.Summary = k.text(f.Title), k.text(f.Detail), k.text(f.Fix.Summary)
	if k.changes(f.Fix.Command) {
		f.Fix.Command, f.Fix.Summary = "", strings.TrimSpace(f.Fix.Summary+" "+maskedCommand)
	}
	if k.changes(f.Fix.Document) {
		f.Fix.Document = ""
	}
	f.WhatChanged = slices.Clone(f.WhatChanged)
	for i := range f.WhatChanged {
		f.WhatChanged[i] = k.text(f.WhatChanged[i])
	}
	f.Owners = slices.Clone(f.Owners)
	for i := range f.Owners {
		f.Owners[i].Value = k.text(f.Owners[i].Value)
	}
	f.Evidence = slices.Clone(f.Evidence)
	for i := range f.Evidence {
		f.Evidence[i] = k.evidence(f.Evidence[i])
	}
	if f.Handled != nil {
		h := *f.Handled
		h.Reason = k.text(h.Reason)
		if h.By != "" && h.By != finding.ByChat {
			h.By = pseudonym(k.account, finding.Actor{ARN: h.By})
		}
		f.Handled = &h
	}
	return f
}

func (k *masker) evidence(e check.Evidence) check.Evidence {
	e.Text, e.Why = k.text(e.Text), k.text(e.Why)
	return e
}
