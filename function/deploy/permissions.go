package deploy

import (
	_ "embed"
	"slices"
	"strings"
)

// permissions.txt is written from infra/permissions.go and infra/selfreads.go, which give the reasons: go test ./infra -run Permissions -update.
//
//go:embed permissions.txt
var permissions string

// Permission is an action that the function needs, on a kind of resource: the ID of the statement that allows it.
type Permission struct{ Kind, Action string }

// Permissions are all actions that the function needs.
func Permissions() []Permission {
	var out []Permission
	for line := range strings.Lines(permissions) {
		if kind, action, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			out = append(out, Permission{kind, action})
		}
	}
	return out
}

// readKinds are the kinds of resource that the function reads of an account.
var readKinds = []string{"Functions", "EventSourceMappings", "Watched", "EventHistory"}

// ReaderActions are the actions with which the function reads an account, in order: what a hub is allowed in a member.
func ReaderActions() (actions []string) {
	for _, p := range Permissions() {
		if slices.Contains(readKinds, p.Kind) && !strings.HasPrefix(p.Action, "organizations:") {
			actions = append(actions, p.Action)
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}
