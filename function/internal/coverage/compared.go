package coverage

// Compared is the day on which the rows were last compared with the SDKs, as 2006-01-02. "make refresh" sets it.
const Compared = "2026-11-29"

// SDKs are the modules whose operations, fields and values the rows are about, with the versions that they were compared with.
func SDKs() []SDK {
	return []SDK{
		{"lambda", "v1.115.0"},
		{"iam", "v1.66.0"},
		{"organizations", "v1.63.0"},
	}
}

// SDK is a module of the AWS SDK for Go, by the name of its service.
type SDK struct{ Service, Version string }

// Module is the path of the module.
func (s SDK) Module() string { return "github.com/aws/aws-sdk-go-v2/service/" + s.Service }
