package role

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"github.com/rolewatch/rolewatch/function/policy"
)

// Snapshot is all that bears on one execution role, as one look read it.
type Snapshot struct {
	Ref Ref
	// Identity is absent when the role does not exist. The parts below then are absent too.
	Identity Maybe[Identity]
	// Similar are the ARNs of roles whose names differ little, of a role that does not exist; those that are known.
	Similar  []string
	Trust    Maybe[Policy]
	Inline   Maybe[[]Policy]
	Attached Maybe[[]Policy]
	// Seen are policies of the role that are known although the list they belong to (Inline or Attached) is not.
	Seen []Policy
	// Boundary is absent when the role has none.
	Boundary Maybe[Policy]
	Tags     Maybe[map[string]string]
	// SCPs and RCPs are a list for each level from the root to the account; absent where there is no organization.
	SCPs, RCPs Maybe[[][]policy.Part]
	Users      Users
}

// Identity is what GetRole says of the role itself.
type Identity struct {
	ARN, ID string
	// Created is to the second, UTC; unknown where only later records tell of the role.
	Created Maybe[time.Time]
}

// Policy is one policy of a role.
type Policy struct {
	// Part is its name in evidence: the trust policy, an inline or an attached policy, or the boundary.
	Part Part
	// ARN is set for a managed policy, a boundary's included; Version is its default version.
	ARN, Version string
	// Text is the document as IAM holds it, decoded; unknown when it could not be read.
	Text Maybe[string]
	// Document is Text parsed; nil when Text is unknown or is no JSON object. Fault is then the parser's error.
	Document *policy.Document
	Fault    error

	content *content
}

// content identifies a policy's content, each of the two worked out when it is first asked for: a scan never asks.
type content struct {
	hashed, made    sync.Once
	hash, canonical string
}

// NewPolicy parses a policy's text. A text that breaks the grammar is kept with its Fault: it is in force.
func NewPolicy(part Part, text string, kind policy.Kind) Policy {
	doc, err := policy.ParseText(text, kind)
	return Policy{Part: part, Text: Have(text), Document: doc, Fault: err, content: new(content)}
}

// Gap says, under a name, why the document is nil: the text could not be read, or violates the grammar.
func (p Policy) Gap(name string) Gap {
	if p.Fault != nil {
		return Gap{What: name + ": " + p.Fault.Error(), SettledBy: SettledByGrammar}
	}
	return p.Text.Gap(name)
}

// Hash identifies the policy's content; empty when it is unknown.
func (p Policy) Hash() string {
	if p.content == nil {
		return ""
	}
	c := p.content
	c.hashed.Do(func() { c.hash = HashText(p.Text.value) })
	return c.hash
}

// Canonical identifies what the policy means, IAM's own rewriting of documents allowed for: white space, order, an
// account's ID or its root ARN. It is empty when the content is unknown.
func (p Policy) Canonical() string {
	if p.content == nil {
		return ""
	}
	c := p.content
	c.made.Do(func() {
		if c.canonical = p.Hash(); p.Document != nil {
			c.canonical = hashOf(p.Document.Canonical())
		}
	})
	return c.canonical
}

// HashText is the SHA-256 of a document's text, in hex.
func HashText(text string) string { return hashOf([]byte(text)) }

func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	var digits [2 * sha256.Size]byte
	hex.Encode(digits[:], sum[:])
	return string(digits[:])
}

// AsPart is the policy as the evaluator takes it.
func (p Policy) AsPart() policy.Part { return policy.Part{Name: p.Part.String(), Document: p.Document} }

// Exists tells whether the role is there.
func (s *Snapshot) Exists() State { return s.Identity.State() }

// KnownTags are the tags of the role; nil where they are not known.
func (s *Snapshot) KnownTags() map[string]string {
	tags, known := s.Tags.Get()
	if known && tags == nil {
		return map[string]string{}
	}
	return tags
}

// ARN is the role's own ARN where IAM told it, else the one that it was asked for by, else its key.
func (s *Snapshot) ARN() string {
	if id, ok := s.Identity.Get(); ok && id.ARN != "" {
		return id.ARN
	}
	if s.Ref.ARN != "" {
		return s.Ref.ARN
	}
	return s.Ref.Key()
}
