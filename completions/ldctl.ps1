# PowerShell completion for ldctl. In $PROFILE: ldctl completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName ldctl -ScriptBlock {
    param($word, $ast, $position)
    $before = @($ast.CommandElements |
        Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $position } |
        ForEach-Object { if ($null -ne $_.Value) { [string]$_.Value } else { $_.ToString() } })
    # Before 7.3, an empty argument is dropped unless it is quoted.
    $last = $word
    if ($word -eq '' -and $PSVersionTable.PSVersion -lt [version]'7.3') { $last = '""' }
    $lines = @(& ldctl __complete @before $last 2>$null)
    if ($lines.Count -eq 0 -or $lines[-1] -eq ':files') { return }
    foreach ($line in $lines | Select-Object -SkipLast 1) {
        $value, $about = $line -split "`t", 2
        # A value may hold anything, and is only ever put into the line as text.
        $text = if ($value -match '^[\w@%+=:./-]+$') { $value } else { "'" + $value.Replace("'", "''") + "'" }
        $tip = if ($about) { $about } else { $value }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $tip)
    }
}
