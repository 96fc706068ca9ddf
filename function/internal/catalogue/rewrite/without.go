package rewrite

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy"
)

// Dead reports whether a principal is the unique ID that IAM shows for a user (AIDA) or role (AROA) that was deleted. IAM rejects a
// policy that names one: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
func Dead(one policy.Principal) bool {
	return one.Type == "AWS" && len(one.Text) >= 16 && (strings.HasPrefix(one.Text, "AIDA") || strings.HasPrefix(one.Text, "AROA")) &&
		strings.Trim(one.Text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// NamesDead are the statements of a policy that name a principal that was deleted.
func NamesDead(doc *policy.Document) (out []int) {
	for i := range doc.Statements {
		if slices.ContainsFunc(doc.Statements[i].Principals, Dead) {
			out = append(out, i)
		}
	}
	return out
}

// Without removes principals from statements of a policy, and the statements that name no other principal. It returns nothing where
// that is not possible, or where no statement would remain.
func Without(doc *policy.Document, statements []int, drop func(policy.Principal) bool) string {
	return replace(doc, statements, drop, "", "")
}

// Instead is Without, but the statements that name no other principal name a service instead.
func Instead(doc *policy.Document, statements []int, drop func(policy.Principal) bool, service string) string {
	return replace(doc, statements, drop, service, "")
}

// WithoutBeside is Without with a statement added at the end.
func WithoutBeside(doc *policy.Document, statements []int, drop func(policy.Principal) bool, statement string) string {
	return replace(doc, statements, drop, "", statement)
}

func replace(doc *policy.Document, statements []int, drop func(policy.Principal) bool, service, statement string) string {
	var edits []policy.Edit
	var empty []int
	keep := func(one policy.Principal) bool { return !drop(one) }
	for _, i := range statements {
		s := &doc.Statements[i]
		into := ""
		if !slices.ContainsFunc(s.Principals, keep) {
			if service == "" {
				empty = append(empty, i)
				continue
			}
			into = service
		}
		edit, err := Principal(doc, s, keep, into)
		if err != nil {
			return ""
		}
		edits = append(edits, edit)
	}
	text, err := policy.Apply(doc, edits...)
	if err == nil && statement != "" {
		text, err = change(text, doc.Kind, func(d *policy.Document) ([]byte, error) { return policy.AppendStatement(d, statement) })
	}
	slices.Sort(empty)
	for _, i := range slices.Backward(empty) {
		if err == nil {
			text, err = change(text, doc.Kind, func(d *policy.Document) ([]byte, error) { return policy.RemoveStatement(d, i) })
		}
	}
	if err != nil {
		return ""
	}
	return string(text)
}

// change edits a text once more. A violation of the grammar that was there before stays.
func change(text []byte, kind policy.Kind, edit func(*policy.Document) ([]byte, error)) ([]byte, error) {
	doc, err := policy.Parse(text, kind)
	if doc == nil {
		return nil, err
	}
	return edit(doc)
}
