package policy

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// Canonical is a text that two documents share when IAM would store them as one policy: white space, the order of
// elements and of listed values, scalar or list, and an account's ID or its root ARN do not count. The order of
// statements does.
func (d *Document) Canonical() []byte {
	var b bytes.Buffer
	b.WriteString("version " + strconv.Quote(d.Version) + "\n")
	for i := range d.Statements {
		s := &d.Statements[i]
		b.WriteString("statement " + strconv.Quote(s.Sid) + " " + strconv.Itoa(int(s.Effect)) + "\n")
		if s.HasPrincipal {
			var texts []string
			for _, p := range s.Principals {
				texts = append(texts, canonicalPrincipal(p))
			}
			canonicalList(&b, "principal", s.NotPrincipal, texts)
		}
		if s.HasAction {
			canonicalList(&b, "action", s.NotAction, texts(s.Actions))
		}
		if s.HasResource {
			canonicalList(&b, "resource", s.NotResource, texts(s.Resources))
		}
		var conditions []string
		for _, c := range s.Conditions {
			var one bytes.Buffer
			canonicalList(&one, c.Operator+" "+c.Key, false, texts(c.Values))
			conditions = append(conditions, one.String())
		}
		slices.Sort(conditions)
		b.WriteString(strings.Join(conditions, ""))
	}
	return b.Bytes()
}

func canonicalPrincipal(p Principal) string {
	text := p.Text
	if p.Type == "AWS" && len(text) == 12 && strings.Trim(text, "0123456789") == "" {
		text = "arn:aws:iam::" + text + ":root"
	}
	if p.Type == "AWS" && text == "*" {
		return "*:*"
	}
	return p.Type + ":" + text
}

func texts(values []Value) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v.Text
	}
	return out
}

func canonicalList(b *bytes.Buffer, name string, negated bool, texts []string) {
	slices.Sort(texts)
	texts = slices.Compact(texts)
	b.WriteString(name)
	if negated {
		b.WriteString(" not")
	}
	for _, t := range texts {
		b.WriteString(" " + strconv.Quote(t))
	}
	b.WriteString("\n")
}
