package finding

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Parts are the role's parts that a diagnostic blames, in order and once each. Policies of other roles are none of them.
func Parts(d check.Diagnostic) []role.Part {
	parts := slices.Clone(d.Parts)
	for _, e := range decidingEvidence(d) {
		if e.Role == "" {
			parts = append(parts, role.Part(e.Policy))
		}
	}
	slices.Sort(parts)
	return slices.Compact(parts)
}

// differs says whether a finding has changed in what people are told of. Statements of other text and the same meaning are no
// change. The release before did not store the meaning: then the text decides.
func differs(a, b Stored) bool {
	return a.Severity != b.Severity || a.saysOtherThan(b) || a.FunctionsHash != b.FunctionsHash
}

// saysOtherThan reports whether the statements to blame say something else.
func (s Stored) saysOtherThan(now Stored) bool {
	return s.Deciding != now.Deciding && (s.Meaning == "" || s.Meaning != now.Meaning)
}

// deciding identifies the statements to blame by their place's policy and their text, and what happened last: a statement
// that only moves in its document stays the same.
func deciding(d check.Diagnostic) string {
	h := sha256.New()
	for _, e := range decidingEvidence(d) {
		h.Write([]byte(e.Policy + "\x00" + e.Text + "\x00"))
	}
	writeRest(h.Write, d)
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// meaning is as deciding, and the same for statements that are written in another way and mean the same.
func meaning(d check.Diagnostic) string {
	type place struct{ role, policy string }
	byPlace := map[place][]string{}
	for _, e := range decidingEvidence(d) {
		at := place{e.Role, e.Policy}
		byPlace[at] = append(byPlace[at], e.Text)
	}
	inOrder := func(a, b place) int {
		return cmp.Or(strings.Compare(a.role, b.role), strings.Compare(a.policy, b.policy))
	}
	h := sha256.New()
	for _, at := range slices.SortedFunc(maps.Keys(byPlace), inOrder) {
		h.Write([]byte(at.role + "\x00" + at.policy + "\x00" + meaningOf(byPlace[at]...) + "\x00"))
	}
	writeRest(h.Write, d)
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// meaningOf is what statements of one policy mean; of texts that are not statements as IAM takes them it is what they say in any order.
func meaningOf(statements ...string) string {
	slices.Sort(statements)
	statements = slices.Compact(statements) // A statement may be there for two reasons.
	all := strings.Join(statements, ",")
	kind := policy.Identity
	if hasPrincipal := strings.Contains(all, "Principal\""); hasPrincipal && strings.Contains(all, "Resource\"") {
		kind = policy.Resource
	} else if hasPrincipal {
		kind = policy.Trust
	}
	if doc, err := policy.ParseText(`{"Version":"2012-10-17","Statement":[`+all+`]}`, kind); err == nil {
		return policy.Meaning(doc.Statements)
	}
	texts := make([]string, len(statements))
	for i, text := range statements {
		texts[i] = ordered(text)
	}
	slices.Sort(texts)
	return strings.Join(slices.Compact(texts), "\x00")
}

func writeRest(write func([]byte) (int, error), d check.Diagnostic) {
	for _, p := range d.Parts {
		_, _ = write([]byte(p.String() + "\x00")) // A hash takes everything.
	}
	_, _ = write([]byte(d.Occurrence))
}

// decidingEvidence is the evidence that makes a diagnostic the one that it is. That of a check that judges refused calls only
// explains what happened: it may change without anything having happened, as may other evidence that only explains.
func decidingEvidence(d check.Diagnostic) []check.Evidence {
	if d.Check.JudgesRefusals || d.Explains {
		return nil
	}
	return d.Evidence
}

// Saying identifies what a statement says, however it is written.
func Saying(statement string) string {
	sum := sha256.Sum256([]byte(meaningOf(statement)))
	return hex.EncodeToString(sum[:8])
}

// ordered is a policy's text, or a statement's, without its white space and in one order. In a policy no list has an order that
// counts, and a list of one is the same as its element. A text that is not JSON stays as it is.
func ordered(text string) string {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return text
	}
	return string(orderedValue(value))
}

func orderedValue(value any) []byte {
	var out []byte
	switch v := value.(type) {
	case []any:
		items := make([][]byte, 0, len(v))
		for _, one := range v {
			items = append(items, orderedValue(one))
		}
		slices.SortFunc(items, bytes.Compare)
		items = slices.CompactFunc(items, bytes.Equal)
		if len(items) == 1 {
			return items[0]
		}
		return slices.Concat([]byte("["), bytes.Join(items, []byte(",")), []byte("]"))
	case map[string]any:
		items := make([][]byte, 0, len(v))
		for name, one := range v {
			quoted, _ := jsontext.AppendQuote(nil, name) // It comes out of a parsed document.
			items = append(items, slices.Concat(quoted, []byte(":"), orderedValue(one)))
		}
		slices.SortFunc(items, bytes.Compare)
		return slices.Concat([]byte("{"), bytes.Join(items, []byte(",")), []byte("}"))
	default:
		out, _ = json.Marshal(value)
	}
	return out
}
