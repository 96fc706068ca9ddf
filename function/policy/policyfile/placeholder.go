package policyfile

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// element is a place in a document: an element of a statement, and what is below it.
type element struct {
	statement int
	name      string
	not       bool
	// below is a type of principal, or a condition operator, and key a condition key.
	below, key string
	// index counts from 1 in a list; 0 is no list.
	index int
}

// String is the path of the element, as "Statement[0].Condition.StringLike.aws:PrincipalArn[1]".
func (e element) String() string {
	path := e.name
	if e.not {
		path = "Not" + path
	}
	if e.statement >= 0 {
		path = fmt.Sprintf("Statement[%d].%s", e.statement, path)
	}
	path = join(join(path, words.Clip(e.below, mostQuoted)), words.Clip(e.key, mostQuoted))
	if e.index > 0 {
		path += fmt.Sprintf("[%d]", e.index-1)
	}
	return path
}

// checkTexts refuses a document that has a placeholder or a function of a template in any of its texts.
func (f File) checkTexts(d *policy.Document) error {
	c := texts{file: f, escapes: bytes.IndexByte(f.Text, '\\') >= 0}
	c.check(d.Version, policy.Span{}, element{statement: -1, name: "Version"})
	c.check(d.ID, policy.Span{}, element{statement: -1, name: "Id"})
	for i := range d.Statements {
		c.statement(d, &d.Statements[i])
	}
	return c.err
}

// texts checks the texts of a document, one after another; err is the first fault.
type texts struct {
	file    File
	escapes bool
	err     error
}

func (c *texts) statement(d *policy.Document, s *policy.Statement) {
	at := func(name string, not bool) element { return element{statement: s.Index, name: name, not: not} }
	c.check(s.Sid, s.SidSpan, at("Sid", false))
	for i := range s.Principals {
		p, at := &s.Principals[i], at("Principal", s.NotPrincipal)
		c.name(p.Type, p.Span, at)
		at.below = p.Type
		c.check(p.Text, p.Span, at)
	}
	c.values(s.Actions, isList(d, s.ActionSpan), at("Action", s.NotAction))
	c.values(s.Resources, isList(d, s.ResourceSpan), at("Resource", s.NotResource))
	for i := range s.Conditions {
		k, at := &s.Conditions[i], at("Condition", false)
		at.below = k.Operator
		c.name(k.Operator, k.Span, at)
		at.key = k.Key
		c.name(k.Key, k.Span, at)
		c.values(k.Values, len(k.Values) > 1, at)
	}
}

func isList(d *policy.Document, s policy.Span) bool { return strings.HasPrefix(d.Text(s), "[") }

func (c *texts) values(list []policy.Value, inList bool, at element) {
	for i := range list {
		if inList {
			at.index = i + 1
		}
		c.check(list[i].Text, list[i].Span, at)
	}
}

// name refuses the name of an intrinsic function, and one with a placeholder.
func (c *texts) name(name string, span policy.Span, at element) {
	if c.err == nil && isFunction(name) {
		c.err = c.file.refuse(span.Start, at.String(), "%s", aboutFunction(name))
	}
	c.check(name, span, at)
}

// check refuses a text with a placeholder.
func (c *texts) check(text string, span policy.Span, at element) {
	if c.err != nil || !suspicious(text) {
		return
	}
	index, found, what := placeholder(text)
	if what == "" {
		return
	}
	start := span.Start
	if !c.escapes && span.End-span.Start == len(text)+len(`""`) {
		start += 1 + index
	}
	c.err = c.file.refuse(start, at.String(), "%s is %s; resolve it first", words.Clip(found, mostQuoted), what)
}

// suspicious says whether a text may hold a placeholder.
func suspicious(text string) bool {
	return strings.IndexByte(text, '{') >= 0 || strings.Contains(text, "<%")
}

// placeholder finds the first placeholder of a text that is no policy variable, and says what it is. Braces that are not
// closed are literal text.
func placeholder(text string) (at int, found, what string) {
	for _, engine := range []struct{ open, end, what string }{
		{"{{", "}}", "a placeholder of a template"}, {"<%", "%>", "a placeholder of a template"},
		{"#{", "}", "a placeholder of a deployment tool"},
		{"&{", "}", "Terraform's form of a policy variable"},
	} {
		if at := strings.Index(text, engine.open); at >= 0 {
			if inner, _, closed := strings.Cut(text[at+len(engine.open):], engine.end); closed {
				return at, engine.open + inner + engine.end, engine.what
			}
		}
	}
	for from := 0; ; {
		i := strings.Index(text[from:], "${")
		if i < 0 {
			return 0, "", ""
		}
		at = from + i
		inner, _, closed := strings.Cut(text[at+len("${"):], "}")
		if !closed {
			return 0, "", ""
		}
		if what := foreignVariable(inner); what != "" {
			return at, "${" + inner + "}", what
		}
		from = at + len("${") + len(inner)
	}
}

// variable takes a policy variable apart: a condition key, and perhaps a default in single quotes.
func variable(inner string) (prefix, name string, ok bool) {
	key, fallback, hasFallback := strings.Cut(inner, ",")
	if fallback = strings.TrimSpace(fallback); hasFallback && (len(fallback) < 2 || fallback[0] != '\'' || fallback[len(fallback)-1] != '\'') {
		return "", "", false
	}
	return strings.Cut(strings.TrimSpace(key), ":")
}

// foreignVariable says what stands between the braces of ${...}, and is empty for a policy variable.
func foreignVariable(inner string) string {
	switch inner {
	case "*", "?", "$":
		return ""
	}
	if prefix, name, ok := variable(inner); ok && isKey(prefix, name) {
		return ""
	}
	for _, tool := range tools {
		if tool.pattern.MatchString(inner) {
			return tool.what
		}
	}
	return "not a policy variable of IAM, but a placeholder"
}

// tools are the placeholders ${...} of tools that write policies. The first that matches counts.
var tools = []struct {
	pattern *regexp.Regexp
	what    string
}{
	{regexp.MustCompile(`^AWS::\w+$`), "a pseudo parameter of CloudFormation"},
	{regexp.MustCompile(`^Token\[`), "a token of the AWS CDK"},
	{regexp.MustCompile(`^(self|opt|env|custom|file|cf|ssm|s3|sls|param|git|strToBool|aws)\b.*[:(]`), "a variable of the Serverless Framework"},
	{regexp.MustCompile(`^(var|local|data|module|each|count|path|self|terraform)[.\[]`), "a reference of Terraform"},
	{regexp.MustCompile(`^[a-z][a-z0-9]*_\w+\.`), "a reference of Terraform"},
	{regexp.MustCompile(`^[A-Z][A-Za-z0-9]*(\.[A-Za-z0-9.]+)?$`), "a placeholder of CloudFormation"},
}

// keyPrefixes are the prefixes of condition keys that are not those of a service.
var keyPrefixes = map[string]bool{"aws": true, "saml": true, "cognito-identity": true, "credentials-iot": true, "nimble": true}

// provider is an OpenID Connect provider, whose URL is the prefix of its keys.
var provider = regexp.MustCompile(`^([A-Za-z0-9-]+\.)+[A-Za-z]{2,}(/[\w./~-]*)?$`)

// serverless are variables ${aws:...} of the Serverless Framework that are not condition keys.
var serverless = map[string]bool{"accountid": true, "region": true, "stage": true}

// isKey says whether a prefix and a name make up a condition key.
func isKey(prefix, name string) bool {
	folded := strings.ToLower(prefix)
	switch {
	case name == "" || name[0] == ':' || name[0] == '/' || folded == "aws" && serverless[strings.ToLower(name)]:
		return false
	case keyPrefixes[folded] || provider.MatchString(prefix):
		return true
	}
	if _, ok := actions.ServiceName(prefix); ok {
		return true
	}
	_, ok := actions.Key(prefix + ":" + name)
	return ok
}
