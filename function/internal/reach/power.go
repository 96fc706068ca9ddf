// Package reach is an account as a graph: its roles and users, what each may do at most, and how each can obtain the permissions of others. It searches for
// the shortest ways to more power. What one of them may do to another it has asked, through an Asker. It reads no account and is pure.
package reach

import (
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Power is a class of what a role or user may do to resources that nobody named, the least first.
type Power int8

// The classes. The zero value is that of a role or user of which it is not known.
const (
	Unknown Power = iota
	Ordinary
	// Data reads data, Credentials gets credentials, and Permissions changes permissions.
	Data
	Credentials
	Permissions
	// Becomes can become an administrator by a path.
	Becomes
	// Guarded is an administrator from whom Deny statements take something away.
	Guarded
	Administrator
)

var powerNames = [...]string{
	Unknown: "unknown", Ordinary: "ordinary", Data: "data", Credentials: "credentials", Permissions: "permissions management",
	Becomes: "can become an administrator", Guarded: "administrator with a guard", Administrator: "administrator",
}

// String is the class in words.
func (p Power) String() string { return powerNames[p] }

// MarshalText writes the words.
func (p Power) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// IsAdministrator reports whether the class is that of an administrator, or of one with a guard.
func (p Power) IsAdministrator() bool { return p >= Guarded }

// Standing is how much power somebody has.
type Standing struct {
	Power Power
	// Why are the statements that give it, and Does is what it may do, as a sentence goes on after "it".
	Why  []policy.StatementRef
	Does string
	// Strong are permissions to change permissions or to get credentials of resources that policies name.
	Strong []ask.Step
	// DependsOn says what an unknown power depends on.
	DependsOn []role.Gap
}
