@_exported public import EVAConfiguration
@_exported public import EVAData
@_exported public import EVAEvaluation
@_exported public import EVAImaging
@_exported public import EVATensorFiles
@_exported public import EVATokenizer
