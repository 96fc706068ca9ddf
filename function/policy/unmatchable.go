package policy

import (
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// Unmatchable gives the values of a document that no request can match, such as a principal without a twelve-digit account ID,
// an address that is none, and NotPrincipal in an Allow. Most often one is a placeholder that nobody filled in. IAM and other
// services refuse some and save others; either way the document does not say what it will be. Values that Parse reports are
// among them. A unique ID as a principal is not: see IsUniqueID.
func (d *Document) Unmatchable() []Violation {
	var list []Violation
	for i := range d.Statements {
		s := &d.Statements[i]
		c := s.ready(d)
		noteRule := func(rule int, span Span, path, format string, args ...any) {
			v := d.violation(span, fmt.Sprintf("Statement[%d].%s", i, path), fmt.Sprintf(format, args...))
			v.Rule = rule
			list = append(list, v)
		}
		note := func(span Span, path, format string, args ...any) { noteRule(0, span, path, format, args...) }
		if s.NotPrincipal && s.Effect == Allow {
			noteRule(45, s.PrincipalSpan, "NotPrincipal", "NotPrincipal is supported only with Deny")
		}
		for j := range c.principals {
			if fault := s.Principals[j].unmatchable(&c.principals[j]); fault != "" {
				note(s.Principals[j].Span, "Principal", "%s %s", excerpt(s.Principals[j].Text), fault)
			}
		}
		for j := range c.resources {
			if fault, rule := c.resources[j].unmatchable(); fault != "" {
				noteRule(rule, s.Resources[j].Span, "Resource", "%s %s", excerpt(s.Resources[j].Text), fault)
			}
		}
		for j := range c.conditions {
			d.noteOperands(&s.Conditions[j], &c.conditions[j], note)
		}
	}
	return list
}

func (d *Document) noteOperands(s *Condition, c *condition, note func(span Span, path, format string, args ...any)) {
	for k := range c.operands {
		o := &c.operands[k]
		switch text := s.Values[k].Text; {
		case o.variable != nil:
		case o.reading == False || c.family == familyBool && !isBoolean(text) || c.family == familyNull && !isBoolean(text):
			note(s.Values[k].Span, "Condition."+s.Operator+"."+s.Key, "%s is not a value that %s compares with", excerpt(text), s.Operator)
		case isStringFamily(c.family) && !canBeValue(c.key, text, c.family == familyLike):
			note(s.Values[k].Span, "Condition."+s.Operator+"."+s.Key, "%s is not a value of %s", excerpt(text), s.Key)
		}
	}
}

func isStringFamily(f family) bool {
	return f == familyString || f == familyStringFold || f == familyLike
}

// canBeValue reports whether a text, or one that it matches as a pattern, can be a value of a key whose values have a form.
func canBeValue(key, text string, pattern bool) bool {
	info, known := actions.Key(key)
	letters, wild := "0123456789", ""
	if pattern {
		wild = "*?"
	}
	switch {
	case isAccountKey(key):
		free := strings.Trim(text, letters+wild) == "" && text != ""
		return text == "anonymous" || free && (len(text) == 12 || strings.Contains(text, "*") && pattern)
	case key == "aws:principalarn":
		segments, ok := splitARN(text)
		if !ok {
			return pattern && strings.ContainsAny(text, wild)
		}
		account := segments[arnAccount]
		return strings.Trim(account, letters+wild) == "" && (pattern || len(account) == 12 && !strings.ContainsAny(text, "*?"))
	case known && info.Type == actions.Bool:
		return isBoolean(text) || pattern && strings.ContainsAny(text, wild)
	}
	return true
}

func (d *Document) violation(span Span, path, message string) Violation {
	line, column := words.Place(d.Text(Span{End: span.Start}), span.Start)
	return Violation{Line: line, Column: column, Offset: span.Start, Path: path, Message: message}
}

// unmatchable says why no caller can be the principal, and is empty where one can.
func (p *Principal) unmatchable(c *principalPattern) string {
	switch {
	case c.kind == namesNobody && !IsUniqueID(p.Text):
		return "does not name a principal"
	case c.kind == namesService && !isServiceName(p.Text):
		return "is not the name of a service, such as lambda.amazonaws.com"
	case c.kind == namesProvider && !aws.IsBuiltInProvider(p.Text) && parseCaller(p.Text).kind != callerProvider:
		return "is not the ARN of an identity provider"
	case c.kind != namesService && c.account != "" && !aws.IsAccountID(c.account) && c.account != "cloudfront":
		return "does not have a valid account ID, which has 12 digits"
	}
	return ""
}

// IsUniqueID reports whether a principal is the unique ID of a user or role. In a policy in force it stands for one that was
// deleted (rule 43); in a policy that is new, IAM replaces it by the principal that has it, of any account.
func IsUniqueID(principal string) bool {
	return len(principal) >= 16 && (strings.HasPrefix(principal, "AIDA") || strings.HasPrefix(principal, "AROA")) && onlyOf(principal, upperAlphanumeric)
}

const (
	lowerAlphanumeric = "abcdefghijklmnopqrstuvwxyz0123456789"
	upperAlphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
)

func onlyOf(text, letters string) bool {
	return strings.Trim(text, letters) == "" && !strings.ContainsAny(text, " ")
}

func isServiceName(text string) bool {
	return strings.Contains(text, ".") && strings.IndexFunc(text, func(r rune) bool {
		return !strings.ContainsRune(lowerAlphanumeric+"-.", r)
	}) < 0
}

// unmatchable says why no resource matches the pattern, and by which rule if there is one. It is empty where one can match.
func (p *resourcePattern) unmatchable() (fault string, rule int) {
	if p.everything || p.relative != "" {
		return "", 0
	}
	if !p.complete && !p.crossing {
		return "is not an ARN", 0
	}
	for _, glob := range p.head {
		if strings.Contains(glob, "${") {
			return "has a policy variable before the fifth colon, where it is literal text", 19
		}
	}
	for _, segment := range []struct {
		index int
		name  string
	}{{arnPartition, "partition"}, {arnService, "service"}, {arnService + 1, "Region"}} {
		glob := p.head[segment.index]
		if strings.IndexFunc(glob, func(r rune) bool {
			return r < markOneInSegment && !strings.ContainsRune(lowerAlphanumeric+"-", r) && r != '\uFFFD'
		}) >= 0 {
			return "has a " + segment.name + " that is not valid", 0
		}
	}
	if account := p.head[arnAccount]; account != "" && account != "aws" && !hasMarks(account) && !aws.IsAccountID(account) {
		return "does not have a valid account ID, which has 12 digits", 0
	}
	return "", 0
}
