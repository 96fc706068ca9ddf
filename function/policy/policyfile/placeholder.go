package policyfile

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// checkTexts refuses a document that has a placeholder or a function of a template in any of its texts.
func (f File) checkTexts(d *policy.Document) error {
	c := texts{file: f, escapes: strings.IndexByte(string(f.Text), '\\') >= 0}
	c.check(d.Version, policy.Span{}, "Version")
	c.check(d.ID, policy.Span{}, "Id")
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
	path := func(name string, not bool) string { return element(s.Index, name, not) }
	c.check(s.Sid, s.SidSpan, path("Sid", false))
	for _, p := range s.Principals {
		at := path("Principal", s.NotPrincipal)
		c.function(p.Type, p.Span, at)
		c.check(p.Type, p.Span, at)
		c.check(p.Text, p.Span, at+"."+short(p.Type))
	}
	c.values(s.Actions, isList(d, s.ActionSpan), path("Action", s.NotAction))
	c.values(s.Resources, isList(d, s.ResourceSpan), path("Resource", s.NotResource))
	for i := range s.Conditions {
		k := &s.Conditions[i]
		at := path("Condition", false) + "." + short(k.Operator)
		c.function(k.Operator, k.Span, at)
		c.check(k.Operator, k.Span, at)
		at += "." + short(k.Key)
		c.function(k.Key, k.Span, at)
		c.check(k.Key, k.Span, at)
		c.values(k.Values, len(k.Values) > 1, at)
	}
}

func isList(d *policy.Document, s policy.Span) bool { return strings.HasPrefix(d.Text(s), "[") }

func (c *texts) values(list []policy.Value, inList bool, path string) {
	for i := range list {
		v := &list[i]
		if c.err != nil || !suspicious(v.Text) {
			continue
		}
		if inList {
			c.check(v.Text, v.Span, fmt.Sprintf("%s[%d]", path, i))
		} else {
			c.check(v.Text, v.Span, path)
		}
	}
}

// function refuses the name of an intrinsic function.
func (c *texts) function(name string, span policy.Span, path string) {
	if c.err == nil && isFunction(name) {
		c.err = c.file.refuse(span.Start, path, "%s", aboutFunction(name))
	}
}

// check refuses a text with a placeholder.
func (c *texts) check(text string, span policy.Span, path string) {
	if c.err != nil || !suspicious(text) {
		return
	}
	at, found, what := placeholder(text)
	if what == "" {
		return
	}
	start := span.Start
	if !c.escapes && span.End-span.Start == len(text)+len(`""`) {
		start += 1 + at
	}
	c.err = c.file.refuse(start, path, "%s is %s; resolve it first", short(found), what)
}

// suspicious says whether a text may hold a placeholder.
func suspicious(text string) bool {
	return strings.Contains(text, "${") || strings.Contains(text, "{{") || strings.Contains(text, "<%") ||
		strings.Contains(text, "&{") || strings.Contains(text, "#{")
}

// placeholder finds the first placeholder of a text that is no policy variable, and says what it is. Braces that are not
// closed are literal text.
func placeholder(text string) (at int, found, what string) {
	for _, engine := range []struct{ open, end, what string }{
		{"{{", "}}", "a placeholder of a template"}, {"<%", "%>", "a placeholder of a template"},
		{"#{", "}", "a placeholder of a deployment tool"},
		{"&{", "}", "how Terraform writes a policy variable"},
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

// variable is a policy variable: a key, and perhaps a default in single quotes.
var variable = regexp.MustCompile(`^\s*([^:,]+):([^,]+?)\s*(,\s*'[^']*'\s*)?$`)

// foreignVariable says what stands between the braces of ${...}, and is empty for a policy variable.
func foreignVariable(inner string) string {
	switch inner {
	case "*", "?", "$":
		return ""
	}
	key := variable.FindStringSubmatch(inner)
	if key != nil && isKey(key[1], key[2]) {
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

// serverless are variables of the Serverless Framework that look like condition keys.
var serverless = map[string]bool{"aws:accountid": true, "aws:region": true, "aws:stage": true}

// isKey says whether a prefix and a name make up a condition key.
func isKey(prefix, name string) bool {
	folded := strings.ToLower(prefix)
	key := folded + ":" + strings.ToLower(name)
	switch {
	case strings.HasPrefix(name, ":") || strings.HasPrefix(name, "/") || serverless[key]:
		return false
	case keyPrefixes[folded] || provider.MatchString(prefix):
		return true
	}
	if _, ok := actions.ServiceName(prefix); ok {
		return true
	}
	_, ok := actions.Key(key)
	return ok
}
