package hygiene

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// set completes a fix with a policy's new text and the command that saves it. A boundary gets none, because it can limit other
// roles too, nor does a text that IAM would reject.
func set(fix check.Fix, r *role.Snapshot, one role.Policy, text []byte, err error) check.Fix {
	name, inline := one.Part.InlineName()
	if _, refused := policy.Parse(text, policy.Identity); refused != nil {
		err = refused
	}
	switch {
	case err != nil || one.Part == role.PartBoundary:
	case inline:
		fix.Document = string(text)
		fix.Command = rewrite.Command("iam put-role-policy", "--role-name", r.Ref.Name, "--policy-name", name, "--policy-document", fix.Document)
	case one.ARN != "":
		fix.Document = string(text)
		fix.Command = rewrite.Command("iam create-policy-version", "--policy-arn", one.ARN, "--policy-document", fix.Document) + " --set-as-default"
		fix.Summary += " The new version also applies to all other users, groups and roles that have the policy."
	}
	return fix
}

// versioned is a policy's text with the Version that supports variables.
func versioned(doc *policy.Document) ([]byte, error) {
	const version = `"2012-10-17"`
	dec := jsontext.NewDecoder(strings.NewReader(string(doc.Source())))
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	begin := int(dec.InputOffset())
	for dec.PeekKind() == '"' {
		key, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		name := key.String()
		value, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		if end := int(dec.InputOffset()); name == "Version" {
			return policy.Apply(doc, policy.Edit{Span: policy.Span{Start: end - len(value), End: end}, Text: version})
		}
	}
	return policy.Apply(doc, policy.Edit{Span: policy.Span{Start: begin, End: begin}, Text: `"Version":` + version + ","})
}

// uncovered is the fix that removes a covered statement. Others may have the same policy, and may need the statement unless the
// statement that covers it is in the same policy.
func uncovered(r *role.Snapshot, narrow, wide role.Policy, index int) check.Fix {
	fix := check.Fix{Summary: "Remove the covered statement, or narrow the statement that covers it."}
	name, inline := narrow.Part.InlineName()
	if !inline && narrow.Part != wide.Part {
		fix.Summary = "Narrow the statement that covers it. Remove this statement from " + narrow.Part.InWords() + " only if no other role, user or group has that policy: their policies may not cover it."
		return fix
	}
	if inline && len(narrow.Document.Statements) == 1 {
		fix.Command = rewrite.Command("iam delete-role-policy", "--role-name", r.Ref.Name, "--policy-name", name)
		return fix
	}
	text, err := policy.RemoveStatement(narrow.Document, index)
	return set(fix, r, narrow, text, err)
}
