package message

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// Thread names the thread in chat. It is the one in which the open findings of the message's roles were reported, where all are in
// one; else that of the role, by the time that its oldest open finding was opened, or for several roles one of the message's own.
func (m *Message) Thread() string {
	if m.ThreadID != "" {
		return threadName(m.ThreadID)
	}
	roles := m.allRoles()
	if len(roles) == 0 {
		return threadName(m.ID)
	}
	known := m.Threads[roles[0]]
	if slices.ContainsFunc(roles, func(role string) bool { return m.Threads[role] != known }) {
		known = ""
	}
	switch {
	case known != "":
		return threadName(known)
	case len(roles) > 1:
		return "roles-" + threadName(m.ID)
	}
	oldest := m.OldestOpen[roles[0]]
	if oldest.IsZero() {
		for f := range m.findings() {
			if oldest.IsZero() || f.FirstSeen.Before(oldest) {
				oldest = f.FirstSeen
			}
		}
	}
	return threadName(RoleName(roles[0])) + "-" + utc(oldest).Truncate(time.Second).Format("20060102T150405Z")
}

// ThreadOf is the thread of the message that Build makes. It is cut to size only where a finding that is left out may change the thread.
func ThreadOf(in Input) string {
	m := assemble(in)
	if roles := m.allRoles(); m.ThreadID == "" && (len(roles) != 1 || m.OldestOpen[roles[0]].IsZero()) {
		m = cut(m, in.Channels)
	}
	return m.Thread()
}

// allRoles are the ARNs of the roles that a message has findings of.
func (m *Message) allRoles() []string {
	var out []string
	seen := map[string]bool{}
	for f := range m.findings() {
		if !seen[f.Role] {
			seen[f.Role] = true
			out = append(out, f.Role)
		}
	}
	return out
}

// findings are those that a message reports, in the order of its lists.
func (m *Message) findings() iter.Seq[*finding.Finding] {
	return func(yield func(*finding.Finding) bool) {
		for _, list := range [][]finding.Finding{m.Opened, m.Changed, m.Resolved} {
			for i := range list {
				if !yield(&list[i]) {
					return
				}
			}
		}
	}
}

// threadName keeps of a name what a role's name may have, less the @.
func threadName(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= 'z' && strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+=,._-", r) {
			return r
		}
		return '-'
	}, clip(s, 64))
}
